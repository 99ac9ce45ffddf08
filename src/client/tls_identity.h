#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/key.h"
#include "crypto/x509.h"

struct evp_pkey_st;

namespace steelie::client {

/// A private key in PEM: PKCS#8, SEC1 (EC) or PKCS#1 (RSA). The first block of such a type counts.
/// Errors: kInvalidArgument `client.key.none`, `client.key.encrypted`, `client.key.malformed`. Nothing of the key is in
/// the message.
Result<PrivateKey> ParsePrivateKey(std::string_view pem);
/// The same from a file.
Result<PrivateKey> ReadPrivateKey(const std::filesystem::path& path);

/// All certificates of a PEM text, in order. Errors: kInvalidArgument `client.certificate` if there is none or one does
/// not parse.
Result<std::vector<Certificate>> ParseCertificates(std::string_view pem);

/// What a client shows in the TLS handshake. `chain` begins with the certificate of `key`, which is OpenSSL's: it is
/// here or signs elsewhere (client/tls_token_key.h).
struct TlsIdentity {
  std::vector<Certificate> chain;
  std::shared_ptr<evp_pkey_st> key;
};

/// Reads both files and makes sure that they belong together.
/// Errors also: kInvalidArgument `client.identity.mismatch`.
Result<TlsIdentity> ReadTlsIdentity(const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace steelie::client
