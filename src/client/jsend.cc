#include "client/jsend.h"

#include <nlohmann/json.hpp>

#include "client/hints.h"
#include "client/json.h"

namespace steelie::client {
namespace {

using nlohmann::json;

struct Phrase {
  unsigned status;
  const char* text;
};
// RFC 9110 section 15, as far as Coordinators and proxies before them answer it.
constexpr Phrase kPhrases[] = {{200, "OK"},
                               {201, "Created"},
                               {204, "No Content"},
                               {301, "Moved Permanently"},
                               {302, "Found"},
                               {307, "Temporary Redirect"},
                               {308, "Permanent Redirect"},
                               {400, "Bad Request"},
                               {401, "Unauthorized"},
                               {403, "Forbidden"},
                               {404, "Not Found"},
                               {405, "Method Not Allowed"},
                               {408, "Request Timeout"},
                               {409, "Conflict"},
                               {410, "Gone"},
                               {413, "Request Entity Too Large"},
                               {429, "Too Many Requests"},
                               {431, "Request Header Fields Too Large"},
                               {500, "Internal Server Error"},
                               {501, "Not Implemented"},
                               {502, "Bad Gateway"},
                               {503, "Service Unavailable"},
                               {504, "Gateway Timeout"}};

Code CodeOf(unsigned status) {
  switch (status) {
    case 400:
      return Code::kInvalidArgument;
    case 403:
      return Code::kPermissionDenied;
    case 404:
    case 410:
      return Code::kNotFound;
    case 405:
    case 501:
      return Code::kUnimplemented;
    case 409:
      return Code::kFailedPrecondition;
    case 413:
    case 429:
      return Code::kResourceExhausted;
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

Error Refusal(const std::string& where, unsigned status, const std::string& kind, const std::string& message) {
  if (status == 401) {
    return Error(Code::kUnauthenticated, "client.unauthorized", where + ": authorizing user: " + message);
  }
  std::string text = where + ": " + std::to_string(status) + " " + StatusText(status);
  if (!kind.empty()) text += ": " + kind;
  if (!message.empty()) text += ": " + message;
  return Error(CodeOf(status), "client.refused", text);
}

}  // namespace

std::string StatusText(unsigned status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown Status";
}

Result<json> Call(HttpTransport& transport, const HttpRequest& request, bool* not_supported) {
  const std::string where = std::string(MethodName(request.method)) + " " + transport.Origin() + request.target;
  STEELIE_TRY(const HttpResponse response, transport.Send(request).WithContext(where));
  if (not_supported != nullptr) *not_supported = response.status == 405;
  const Result<json> body = ParseJson(AsText(response.body));
  const Result<std::string> status = body ? TextMember(*body, "status") : std::string();
  if (!body || !status || status->empty()) {
    return Error(Code::kUnavailable, "client.answer",
                 where + ": " + std::to_string(response.status) + " " + StatusText(response.status) +
                     ": this is not the answer of a Coordinator (" + std::to_string(response.body.size()) +
                     " bytes without a JSON object with \"status\")");
  }
  if (response.status != 200 || *status != "success") {
    const Result<std::string> message = TextMember(*body, "message");
    const std::string text = message ? *message : std::string();
    return Refusal(where, response.status, *status, text + RefusalHint(transport, request, response.status, text));
  }
  const json* data = FindMember(*body, "data");
  return data == nullptr ? json() : *data;
}

}  // namespace steelie::client
