#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

namespace steelie {

/// Writes one JSON object a line: `level`, `ts` (Unix seconds), `caller`, `msg`, then the fields.
///
/// Strangers can cause lines, so per second only the first 100 of the same level and message are written, then every
/// hundredth, and values longer than 1 KiB are cut. Whatever bytes come in, a line is
/// one line of valid UTF-8, without control characters. Thread-safe.
class JsonLogger final : public Logger {
 public:
  struct Options {
    LogLevel level = LogLevel::kInfo;
    bool console = false;  // tab-separated text for people instead of JSON
  };

  /// `write` takes one whole line with its line break; called under a lock.
  JsonLogger(Options options, const Clock& clock, std::function<void(std::string_view line)> write)
      : options_(options), clock_(clock), write_(std::move(write)) {}

  void Log(LogLevel level, std::string_view message, std::vector<LogField> fields) override;

 private:
  bool Sampled(LogLevel level, std::string_view message, std::int64_t second) STEELIE_REQUIRES(mutex_);

  Options options_;
  const Clock& clock_;
  std::function<void(std::string_view)> write_;
  Mutex mutex_;
  std::int64_t second_ STEELIE_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::uint64_t, std::less<>> seen_ STEELIE_GUARDED_BY(mutex_);
};

/// Writes to standard error.
void WriteToStderr(std::string_view line);

}  // namespace steelie
