#include "marble/grpc_message.h"

#include <array>
#include <optional>

namespace steelie::marble {
namespace {

constexpr std::size_t kPrefix = 5;

constexpr std::array kCodes = {
    Code::kUnknown,  // 0 is OK and never looked up
    Code::kCancelled,        Code::kUnknown,           Code::kInvalidArgument,
    Code::kDeadlineExceeded, Code::kNotFound,          Code::kAlreadyExists,
    Code::kPermissionDenied, Code::kResourceExhausted, Code::kFailedPrecondition,
    Code::kAborted,          Code::kOutOfRange,        Code::kUnimplemented,
    Code::kInternal,         Code::kUnavailable,       Code::kDataLoss,
    Code::kUnauthenticated,
};

Code CodeOf(std::string_view grpc_status) {
  std::size_t number = 0;
  for (const char c : grpc_status) {
    if (c < '0' || c > '9' || number > kCodes.size()) return Code::kUnknown;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number < kCodes.size() ? kCodes.at(number) : Code::kUnknown;
}

// What a proxy means that answers in place of the server.
Code CodeOfHttp(std::string_view status) {
  if (status == "401") return Code::kUnauthenticated;
  if (status == "403") return Code::kPermissionDenied;
  if (status == "404") return Code::kUnimplemented;
  if (status == "429" || status == "502" || status == "503" || status == "504") return Code::kUnavailable;
  return Code::kUnknown;
}

std::optional<std::uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

Error Malformed(Code code, std::string message) { return Error(code, "activate.protocol", std::move(message)); }

// Status messages come from a stranger and end on terminals and in logs.
std::string Printable(std::string text) {
  constexpr std::size_t kMaxMessage = 8192;
  if (text.size() > kMaxMessage) text.resize(kMaxMessage);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return text;
}

}  // namespace

Bytes WrapRequest(ByteView message) {
  const std::size_t n = message.size();
  Bytes out;
  out.reserve(kPrefix + n);
  out.push_back(0);
  for (unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>(n >> shift));
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

std::string DecodeStatusMessage(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      const auto high = HexDigit(text[i + 1]);
      const auto low = HexDigit(text[i + 2]);
      if (high && low) {
        out.push_back(static_cast<char>(*high << 4U | *low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

Result<SecretBuffer> DecodeResponse(GrpcResponse response) {
  if (response.grpc_status.empty()) {
    if (response.http_status != "200") {
      return Malformed(CodeOfHttp(response.http_status),
                       "the server answers with HTTP status " + Printable(response.http_status.substr(0, 16)));
    }
    return Malformed(Code::kUnknown, "the response carries no gRPC status");
  }
  if (response.grpc_status != "0") {
    const Code code = CodeOf(response.grpc_status);
    return Error(code, "activate.refused",
                 std::string(CodeName(code)) + ": " + Printable(DecodeStatusMessage(response.grpc_message)));
  }
  if (!response.content_type.starts_with("application/grpc")) {
    return Malformed(Code::kUnknown, "the server does not speak gRPC");
  }
  SecretBuffer& body = response.body;
  if (body.size() < kPrefix) return Malformed(Code::kInternal, "the response holds no message");
  if (body[0] != 0) return Malformed(Code::kUnimplemented, "the server sent a compressed message");
  const std::size_t size =
      std::size_t{body[1]} << 24U | std::size_t{body[2]} << 16U | std::size_t{body[3]} << 8U | body[4];
  if (body.size() - kPrefix != size) {
    return Malformed(Code::kInternal, "the response does not hold exactly one message");
  }
  return SecretBuffer(body.begin() + kPrefix, body.end());
}

}  // namespace steelie::marble
