#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "crypto/key.h"
#include "crypto/x509.h"

struct X509_crl_st;

namespace steelie {

/// A certificate revocation list (RFC 5280 section 5) as somebody sent it: hostile bytes, parsed but not judged.
///
/// Cheap to copy, immutable, thread-safe. Lookup of a serial number is logarithmic in the number of entries.
class RevocationList {
 public:
  /// The largest list that is parsed, in bytes. Intel's and AMD's have a few kilobytes.
  static constexpr std::size_t kMaxSize = std::size_t{4} << 20U;

  /// DER. Errors: kInvalidArgument `crypto.crl.parse` (malformed, trailing bytes, a critical extension that is not
  /// understood, an indirect or delta list), `crypto.crl.size`.
  static Result<RevocationList> FromDer(ByteView der);

  const Bytes& der() const { return *der_; }
  /// DER of the issuer's name.
  Bytes IssuerDer() const;
  std::string IssuerCommonName() const;
  CertificateTime ThisUpdate() const;
  /// Nothing if the list has no such member.
  std::optional<CertificateTime> NextUpdate() const;
  std::size_t size() const;
  /// Whether the certificate is listed; entries with reason `removeFromCRL` do not count. The certificate's issuer is
  /// not compared: that is the caller's.
  bool Revokes(const Certificate& certificate) const;
  /// Whether the signature verifies under the key. Nothing else is looked at.
  bool SignedBy(const PublicKey& issuer) const;

 private:
  RevocationList() = default;

  std::shared_ptr<X509_crl_st> list_;
  std::shared_ptr<const Bytes> der_;
};

}  // namespace steelie
