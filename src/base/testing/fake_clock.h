#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace steelie::testing {

/// A clock that moves only when told to. Starts at 2026-01-02T03:04:05Z.
class FakeClock final : public Clock {
 public:
  Instant Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  void Set(Instant t) {
    MutexLock lock(mutex_);
    now_ = t;
  }
  void Advance(std::chrono::nanoseconds d) {
    MutexLock lock(mutex_);
    now_ += d;
  }

 private:
  mutable Mutex mutex_;
  Instant now_ = Instant(std::chrono::seconds(1767323045));
};

}  // namespace steelie::testing
