#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/key.h"

struct x509_st;

namespace steelie {

/// One attribute of a distinguished name: dotted OID and text value (UTF-8).
struct NameAttribute {
  std::string oid;
  std::string value;
};

/// An X.509 certificate (RFC 5280) as somebody sent it: hostile bytes, parsed but not judged.
///
/// Cheap to copy, immutable, thread-safe.
class Certificate {
 public:
  /// Errors: kInvalidArgument `crypto.x509.parse`. Trailing bytes are refused.
  static Result<Certificate> FromDer(ByteView der);
  /// The first PEM block of the text, whatever its label. Errors also: `crypto.x509.pem` if there is no block.
  static Result<Certificate> FromPem(std::string_view text);
  /// Takes a reference to a certificate that was parsed already. For code that holds OpenSSL objects.
  /// Errors: kInvalidArgument `crypto.x509.parse` above 1 MiB.
  static Result<Certificate> FromNative(x509_st* certificate);

  const Bytes& der() const { return *der_; }
  std::string ToPem() const;
  Sha256Digest Fingerprint() const { return Sha256(*der_); }

  /// The subject's attributes in encoded order.
  std::vector<NameAttribute> Subject() const;
  /// First common name of the subject, or empty.
  std::string SubjectCommonName() const;
  std::string IssuerCommonName() const;
  /// DER of the subject and issuer names.
  Bytes SubjectDer() const;
  Bytes IssuerDer() const;
  /// Errors: kInvalidArgument if the key is malformed.
  Result<PublicKey> SubjectPublicKey() const;
  /// Magnitude of the serial number, big endian without leading zeros; AMD gives all its certificates number 0.
  Bytes Serial() const;
  CertificateTime NotBefore() const;
  CertificateTime NotAfter() const;
  std::vector<std::string> DnsNames() const;
  /// 4 or 16 bytes each.
  std::vector<Bytes> IpAddresses() const;
  std::optional<Bytes> SubjectKeyId() const;
  /// Raw value of an extension by dotted OID, if there is exactly one such.
  std::optional<Bytes> Extension(const std::string& oid) const;
  bool IsCa() const;

  /// Whether the signature verifies under the key. Nothing else is looked at.
  bool SignedBy(const PublicKey& issuer) const;

  x509_st* native() const { return cert_.get(); }

 private:
  Certificate() = default;

  std::shared_ptr<x509_st> cert_;
  std::shared_ptr<const Bytes> der_;
};

/// A PKCS#10 request (RFC 2986): what a marble wants in its certificate. Hostile bytes.
struct CertificateRequest {
  std::vector<NameAttribute> subject;
  std::vector<std::string> dns_names;
  std::vector<Bytes> ip_addresses;

  /// Parses and verifies the self-signature. Errors: kInvalidArgument `crypto.csr.parse`, `crypto.csr.signature`,
  /// `crypto.csr.size` above 64 KiB.
  static Result<CertificateRequest> ParseAndVerify(ByteView der);

  /// Makes one: empty subject, the names given, signed by `key` with the scheme that fits it.
  static Result<Bytes> Create(const PrivateKey& key, const std::vector<std::string>& dns_names,
                              const std::vector<Bytes>& ip_addresses);
};

/// Textual form of a 4- or 16-byte address; empty for other lengths.
std::string FormatIp(ByteView address);
/// The 4 or 16 bytes of a textual address, or nothing if it is none.
std::optional<Bytes> ParseIp(const std::string& text);

}  // namespace steelie
