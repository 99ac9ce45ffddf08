#pragma once

#include <chrono>
#include <string_view>

#include "base/log.h"
#include "base/rate_limit.h"
#include "base/result.h"

namespace steelie::api::grpc {

/// Lines about finished calls. Refused ones are what strangers can cause: a burst of them is written, then two a
/// second, so that nobody fills the disk; the next line says how many were left out. Thread-safe.
class CallLog {
 public:
  explicit CallLog(Logger& logger) : logger_(logger) {}

  struct Call {
    std::string_view path;  // as sent
    std::string_view peer;  // address and port
    std::chrono::nanoseconds duration{};
  };
  /// `error` is null for a call that succeeded.
  void Finished(const Call& call, const Error* error, RateLimit::Time now);

 private:
  Logger& logger_;
  RateLimit refusals_{200, 2};
};

}  // namespace steelie::api::grpc
