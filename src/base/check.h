#pragma once

#include <source_location>
#include <string_view>

namespace steelie {

/// Ends the process because one of our own assumptions does not hold. Never for input.
[[noreturn]] void CheckFailed(std::string_view condition, std::source_location where = std::source_location::current());

}  // namespace steelie

/// Always on, release builds included. For our own bugs, never for input.
#define STEELIE_CHECK(condition)                          \
  do {                                                    \
    if (!(condition)) ::steelie::CheckFailed(#condition); \
  } while (false)
