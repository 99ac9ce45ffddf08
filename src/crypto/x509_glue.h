#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <string>

#include "base/bytes.h"
#include "base/clock.h"

// For crypto/ only: what certificates and revocation lists share.
namespace steelie::openssl {

Bytes NameDer(const X509_NAME* name);
/// First common name, or empty.
std::string CommonName(const X509_NAME* name);
/// Start of 1970 for a time that does not parse.
CertificateTime ToTime(const ASN1_TIME* t);
/// Text of an ASN.1 string in UTF-8; its bytes if it is no text.
std::string StringOf(const ASN1_STRING* s);

}  // namespace steelie::openssl
