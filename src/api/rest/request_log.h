#pragma once

#include <chrono>
#include <string_view>

#include "api/rest/message.h"
#include "base/log.h"
#include "base/rate_limit.h"

namespace steelie::api::rest {

/// Lines about refused requests. Strangers can cause them: a burst is written, then two a second; the next line says
/// how many were left out. What was sent is not in them, but for the method and a registered path. Thread-safe.
class RequestLog {
 public:
  explicit RequestLog(Logger& logger) : logger_(logger) {}

  /// `path` is empty if it is none of ours. Does nothing for an answer that refuses nothing.
  void Finished(std::string_view method, std::string_view path, const Response& response, RateLimit::Time now);

 private:
  Logger& logger_;
  RateLimit refusals_{200, 2};
};

}  // namespace steelie::api::rest
