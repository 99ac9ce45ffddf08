#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/key.h"
#include "crypto/x509.h"

namespace steelie::pki {

/// 128 random bits (RFC 5280 section 4.1.2.2).
using SerialNumber = std::array<std::uint8_t, 16>;

/// One extension, ready to be encoded.
struct Extension {
  std::string oid;
  bool critical = false;
  Bytes value;
};

/// The signed part of a certificate, except what the issuer's key decides.
struct CertificateContent {
  SerialNumber serial{};
  Bytes issuer;   // DER name
  Bytes subject;  // DER name
  CertificateTime not_before;
  CertificateTime not_after;
  Bytes spki;  // DER SubjectPublicKeyInfo of the subject
  std::vector<Extension> extensions;
};

/// Signs with ECDSA and the digest that fits the key, or with `digest_bits` (256, 384, 512) if not 0; returns DER.
/// Errors: kInvalidArgument if the key is no EC key.
Result<Bytes> SignCertificate(const CertificateContent& content, const PrivateKey& issuer_key, int digest_bits = 0);

/// A name that holds just a common name.
Bytes CommonNameOnly(std::string_view common_name);

/// SubjectKeyId: the first 160 bits of SHA-256 over the key bits (RFC 7093 section 2, method 1).
Bytes KeyIdentifier(const PublicKey& key);

// The extensions that we issue. Value encodings are those of RFC 5280 section 4.2.1.
Extension KeyUsage(std::uint32_t bits);
Extension ServerAndClientAuth();
Extension BasicConstraints(bool ca, std::optional<int> max_path_len = {});
Extension SubjectKeyIdentifier(ByteView id);
Extension AuthorityKeyIdentifier(ByteView id);
/// Critical if the subject is empty. Must not be used without any name.
Extension SubjectAlternativeName(const std::vector<std::string>& dns_names, const std::vector<Bytes>& ip_addresses,
                                 const std::vector<std::string>& emails, const std::vector<std::string>& uris,
                                 bool subject_is_empty);

inline constexpr std::uint32_t kDigitalSignature = 1U << 0U;
inline constexpr std::uint32_t kKeyAgreement = 1U << 4U;
inline constexpr std::uint32_t kKeyCertSign = 1U << 5U;

/// The lifetime of certificates without a limit of their own: 2^63-1 nanoseconds, about 292 years, as existing
/// deployments have it.
inline constexpr std::chrono::seconds kLongLifetime{9223372036};
/// NotBefore lies this far in the past, so that a peer whose clock is a little behind accepts the certificate.
inline constexpr std::chrono::minutes kBackdating{5};

}  // namespace steelie::pki
