#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie::marble {

// The client's side of gRPC over HTTP/2, unary calls only (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md).

/// Largest response accepted. Files of a marble may be large; the server decides what it sends.
inline constexpr std::size_t kMaxResponse = std::size_t{256} << 20U;

/// Flag byte, 32-bit big-endian length, message.
Bytes WrapRequest(ByteView message);

/// What a server answered: hostile bytes. Headers and trailers are in one set, absent ones are empty.
struct GrpcResponse {
  std::string http_status;
  std::string content_type;
  std::string grpc_status;
  std::string grpc_message;
  SecretBuffer body;
};

/// The one message of a successful response.
///
/// A status other than OK is an Error with the status as its code, the reason `activate.refused` and a message that
/// begins with the status' name. Other errors: kInternal or kUnknown `activate.protocol`, where this is no gRPC server
/// or the message is malformed.
Result<SecretBuffer> DecodeResponse(GrpcResponse response);

/// Undoes percent-encoding; sequences that are none stay as they are.
std::string DecodeStatusMessage(std::string_view text);

}  // namespace steelie::marble
