#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::marble {

/// The lines that tell which connections transparent TLS covers, for the log: `TTLS config`, then `  Incoming` and
/// `  Outgoing` with one line per connection. `json` is the value of MARBLE_TTLS_CONFIG: it holds private keys, so only
/// the names of connections are copied out of it.
///
/// Errors: kInvalidArgument `marble.ttls` malformed, or without any policy.
Result<std::vector<std::string>> DescribeTtls(ByteView json);

}  // namespace steelie::marble
