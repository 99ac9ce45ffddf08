#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace steelie::control {

/// Told about activations as they happen, for metrics and the event log. Thread-safe, must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Every attempt, with the values as sent, before any check.
  virtual void ActivationAttempted(std::string_view marble_type, std::string_view uuid) = 0;
  virtual void ActivationSucceeded(std::string_view marble_type, std::string_view uuid, ByteView evidence,
                                   Instant time) = 0;
};

}  // namespace steelie::control
