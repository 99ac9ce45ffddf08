#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace steelie {

/// RFC 3339 in UTC of Unix seconds that somebody else says; what an Instant cannot hold stays a number, instead of
/// becoming a date that is none.
inline std::string FormatUnixSeconds(std::uint64_t seconds) {
  constexpr std::uint64_t kFits = 9'000'000'000;
  return seconds > kFits ? std::to_string(seconds) : FormatRfc3339(Instant(std::chrono::seconds(seconds)));
}

}  // namespace steelie
