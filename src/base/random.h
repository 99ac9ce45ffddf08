#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace steelie {

/// Where randomness enters: nonces, serial numbers, identifiers, symmetric keys. Thread-safe.
///
/// The real one is crypto/random.h. Tests inject base/testing/seeded_random.h, which only test targets link.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `out`; cannot fail (the process ends if the system has no randomness).
  virtual void Fill(MutableByteView out) = 0;

  template <std::size_t N>
  std::array<std::uint8_t, N> Take() {
    std::array<std::uint8_t, N> out{};
    Fill(out);
    return out;
  }
};

}  // namespace steelie
