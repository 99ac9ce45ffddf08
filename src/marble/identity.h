#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/x509.h"

namespace steelie::marble {

/// The names a marble answers to.
struct MarbleNames {
  std::vector<std::string> dns_names;
  std::vector<Bytes> ip_addresses;

  /// From a comma-separated list, not trimmed: elements that parse as an IP address become IP names. Errors:
  /// kInvalidArgument `marble.names` for a character that no certificate can hold as a DNS name.
  static Result<MarbleNames> FromList(std::string_view list);
};

/// The key and certificate of one start, used for the connection to the Coordinator and nothing else. Evidence binds to
/// the certificate.
struct MarbleIdentity {
  PrivateKey key;
  Certificate certificate;

  /// A new key and a self-signed certificate for `MarbleRun Marble` with the names, then 127.0.0.1 and ::1.
  static Result<MarbleIdentity> Create(KeyKind kind, const MarbleNames& names, Random& random, Instant now);
};

/// The request for the certificate that the Coordinator issues: empty subject, the names (127.0.0.1 and ::1 first),
/// signed by `key`. DER.
Result<Bytes> CreateRequest(const PrivateKey& key, const MarbleNames& names);

}  // namespace steelie::marble
