#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::api::grpc {

// Framing of gRPC over HTTP/2, unary calls only (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md).

/// Largest message accepted, the default of existing implementations.
inline constexpr std::size_t kMaxMessage = std::size_t{4} << 20U;

/// The one message of a unary request body: flag byte, 32-bit big-endian length, message. Hostile bytes.
/// Errors: kUnimplemented `grpc.compressed`; kInternal `grpc.frame` cut off or more than one message;
/// kResourceExhausted `grpc.size`.
Result<ByteView> UnwrapMessage(ByteView body);

/// The five bytes in front of a message of this size.
std::array<std::uint8_t, 5> MessagePrefix(std::size_t size);

/// Value of `grpc-timeout`; nothing if malformed.
std::optional<std::chrono::nanoseconds> ParseTimeout(std::string_view value);

/// Percent-encoding of `grpc-message`.
std::string EncodeStatusMessage(std::string_view message);

/// Number of `grpc-status`.
int StatusNumber(Code code);

}  // namespace steelie::api::grpc
