#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/key.h"

namespace steelie::testing {

/// A certificate of a vendor's hierarchy, built from scratch: tests bend one member at a time.
struct CertificateSpec {
  Bytes serial{1};  // big endian
  std::string issuer;
  std::string subject;  // common names; a name has an organisation before it
  CertificateTime not_before{};
  CertificateTime not_after{};
  Bytes spki{};
  bool ca = false;
  /// Whole Extension elements, put behind basic constraints and key usage.
  std::vector<Bytes> extensions{};
};

struct CrlSpec {
  std::string issuer;
  CertificateTime this_update{};
  CertificateTime next_update{};
  std::vector<Bytes> serials;  // big endian
  /// Whole Extension elements of the list.
  std::vector<Bytes> extensions{};
};

/// DER of the name that a spec's common name becomes.
Bytes NameOf(const std::string& common_name);
/// One Extension element (RFC 5280 section 4.1).
Bytes ExtensionOf(const std::string& oid, ByteView value, bool critical = false);
/// DER. The scheme must fit the key.
Bytes Issue(const CertificateSpec& spec, const PrivateKey& issuer, SignatureScheme scheme);
Bytes Issue(const CrlSpec& spec, const PrivateKey& issuer, SignatureScheme scheme);

}  // namespace steelie::testing
