#include "api/grpc/message.h"

namespace steelie::api::grpc {

Result<ByteView> UnwrapMessage(ByteView body) {
  if (body.size() < 5) return Error(Code::kInternal, "grpc.frame", "the request holds no complete message");
  if (body[0] != 0) {
    return Error(Code::kUnimplemented, "grpc.compressed", "compressed messages are not supported");
  }
  const std::size_t size =
      std::size_t{body[1]} << 24U | std::size_t{body[2]} << 16U | std::size_t{body[3]} << 8U | body[4];
  if (size > kMaxMessage) {
    return Error(
        Code::kResourceExhausted, "grpc.size",
        "received message larger than max (" + std::to_string(size) + " vs. " + std::to_string(kMaxMessage) + ")");
  }
  if (body.size() != 5 + size) {
    return Error(Code::kInternal, "grpc.frame", "the request does not hold exactly one message");
  }
  return body.subspan(5);
}

std::array<std::uint8_t, 5> MessagePrefix(std::size_t size) {
  return {0, static_cast<std::uint8_t>(size >> 24U), static_cast<std::uint8_t>(size >> 16U),
          static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
}

std::optional<std::chrono::nanoseconds> ParseTimeout(std::string_view value) {
  if (value.size() < 2 || value.size() > 9) return std::nullopt;
  std::int64_t amount = 0;
  for (const char c : value.substr(0, value.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    amount = amount * 10 + (c - '0');
  }
  switch (value.back()) {
    case 'H':
      return std::chrono::hours(std::min<std::int64_t>(amount, 1'000'000));
    case 'M':
      return std::chrono::minutes(amount);
    case 'S':
      return std::chrono::seconds(amount);
    case 'm':
      return std::chrono::milliseconds(amount);
    case 'u':
      return std::chrono::microseconds(amount);
    case 'n':
      return std::chrono::nanoseconds(amount);
    default:
      return std::nullopt;
  }
}

std::string EncodeStatusMessage(std::string_view message) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : message) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out.push_back(c);
    } else {
      const auto b = static_cast<std::uint8_t>(c);
      out.push_back('%');
      out.push_back(kHex[b >> 4U]);
      out.push_back(kHex[b & 15U]);
    }
  }
  return out;
}

int StatusNumber(Code code) {
  switch (code) {
    case Code::kCancelled:
      return 1;
    case Code::kUnknown:
      return 2;
    case Code::kInvalidArgument:
      return 3;
    case Code::kDeadlineExceeded:
      return 4;
    case Code::kNotFound:
      return 5;
    case Code::kAlreadyExists:
      return 6;
    case Code::kPermissionDenied:
      return 7;
    case Code::kResourceExhausted:
      return 8;
    case Code::kFailedPrecondition:
      return 9;
    case Code::kAborted:
      return 10;
    case Code::kOutOfRange:
      return 11;
    case Code::kUnimplemented:
      return 12;
    case Code::kInternal:
      return 13;
    case Code::kUnavailable:
      return 14;
    case Code::kDataLoss:
      return 15;
    case Code::kUnauthenticated:
      return 16;
  }
  return 2;
}

}  // namespace steelie::api::grpc
