#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace steelie {

/// So many at once, then so many a second: for what strangers can cause and what costs something lasting, such as lines
/// of a log. Thread-safe.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RateLimit(double burst, double per_second) : burst_(burst), per_second_(per_second), left_(burst) {}

  /// Nothing: not now. Otherwise how many were refused since the last one.
  std::optional<std::uint64_t> Take(Time now) {
    MutexLock lock(mutex_);
    if (now > last_) {
      const double seconds = last_ == Time() ? 0 : std::chrono::duration<double>(now - last_).count();
      left_ = std::min(burst_, left_ + seconds * per_second_);
      last_ = now;
    }
    if (left_ < 1) {
      ++refused_;
      return std::nullopt;
    }
    left_ -= 1;
    return std::exchange(refused_, 0);
  }

 private:
  const double burst_;
  const double per_second_;
  Mutex mutex_;
  double left_ STEELIE_GUARDED_BY(mutex_);
  Time last_ STEELIE_GUARDED_BY(mutex_);
  std::uint64_t refused_ STEELIE_GUARDED_BY(mutex_) = 0;
};

}  // namespace steelie
