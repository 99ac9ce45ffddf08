#include "api/rest/request_log.h"

#include <algorithm>

namespace steelie::api::rest {
namespace {

// That there is nothing to get is no refusal: clients poll.
bool IsRefusal(std::string_view method, const Response& response) {
  return response.status >= 400 && !(method == "GET" && response.status == 404) && response.status != 405;
}

}  // namespace

void RequestLog::Finished(std::string_view method, std::string_view path, const Response& response,
                          RateLimit::Time now) {
  if (!IsRefusal(method, response)) return;
  const auto left_out = refusals_.Take(now);
  if (!left_out) return;
  const auto reason =
      std::ranges::find(response.headers, "X-Steelie-Reason", &std::pair<std::string, std::string>::first);
  std::vector<LogField> fields = {{"method", method == "GET" || method == "POST" ? method : "other"},
                                  {"path", path},
                                  {"status", std::int64_t{response.status}},
                                  {"reason", reason != response.headers.end() ? std::string_view(reason->second) : ""}};
  if (*left_out > 0) fields.emplace_back("left_out", *left_out);
  logger_.Info("Refused request", std::move(fields));
}

}  // namespace steelie::api::rest
