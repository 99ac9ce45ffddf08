#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace steelie::client {

/// Where a server listens: host name or IP address, and port.
struct Address {
  std::string host;  // without brackets
  std::string port;

  /// `host:port`, an IPv6 address in brackets.
  std::string ToString() const;
};

/// Reads `host:port`; an IPv6 address stands in brackets. No scheme, no path.
/// Errors: kInvalidArgument `client.address`.
Result<Address> ParseAddress(std::string_view text);

}  // namespace steelie::client
