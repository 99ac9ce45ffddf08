#include "api/rest/envelope.h"

#include <nlohmann/json.hpp>

namespace steelie::api::rest {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// Clients read these as JSON but browsers might not: `<`, `>` and `&` are escaped as the reference does.
std::string Dump(const ordered_json& value) {
  const std::string raw = value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  out.reserve(raw.size() + 1);
  for (const char c : raw) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('\n');
  return out;
}

}  // namespace

Response Success(const json& data) {
  ordered_json body;
  body["status"] = "success";
  body["data"] = data;
  Response response;
  response.body = Dump(body);
  return response;
}

Response ErrorEnvelope(int status, const std::string& message, const std::string& reason) {
  ordered_json body;
  body["status"] = "error";
  body["data"] = nullptr;
  if (!message.empty()) body["message"] = message;
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (!reason.empty()) response.headers.emplace_back("X-Steelie-Reason", reason);
  response.body = Dump(body);
  return response;
}

Response FailEnvelope(int status, const json& data, const std::string& message, const std::string& reason) {
  ordered_json body;
  body["status"] = "fail";
  body["data"] = data;
  body["message"] = message;
  Response response;
  response.status = status;
  if (!reason.empty()) response.headers.emplace_back("X-Steelie-Reason", reason);
  response.body = Dump(body);
  return response;
}

Response MethodNotAllowed(std::string_view allowed) {
  Response response = ErrorEnvelope(405, "", "");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

int HttpStatus(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kDeadlineExceeded:
      return 408;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
    case Code::kUnavailable:
      return 503;
    case Code::kUnimplemented:
      return 501;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

Response ErrorV2(const Error& error) {
  const int status = HttpStatus(error.code());
  if (status == 401 || error.reason().starts_with("request.") || error.reason() == "bytes.base64") {
    return FailEnvelope(status, nullptr, error.message(), error.reason());
  }
  return ErrorEnvelope(status, error.message(), error.reason());
}

Response ErrorV1(const Error& error, int business_status) {
  int status = HttpStatus(error.code());
  if (status != 401 && status != 503) status = business_status;
  return ErrorEnvelope(status, error.message(), error.reason());
}

json Base64OrNull(ByteView bytes) { return bytes.empty() ? json() : json(Base64Encode(bytes)); }

}  // namespace steelie::api::rest
