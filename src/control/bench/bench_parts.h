#pragma once

#include <cstdio>

#include "base/check.h"
#include "base/result.h"
#include "control/observer.h"

// What benchmarks of the use cases share.
namespace steelie::control::bench {

template <typename T>
T Must(Result<T> result) {
  if (!result) std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
  STEELIE_CHECK(result.has_value());
  return std::move(*result);
}

class NullObserver final : public Observer {
 public:
  void ActivationAttempted(std::string_view, std::string_view) override {}
  void ActivationSucceeded(std::string_view, std::string_view, ByteView, Instant) override {}
};

}  // namespace steelie::control::bench
