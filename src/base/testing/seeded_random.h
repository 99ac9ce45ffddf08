#pragma once

#include "base/mutex.h"
#include "base/random.h"

namespace steelie::testing {

/// Reproducible bytes from a seed. For tests only: predictable.
class InsecureSeededRandom final : public Random {
 public:
  explicit InsecureSeededRandom(std::uint64_t seed) : state_(seed) {}

  void Fill(MutableByteView out) override {
    MutexLock lock(mutex_);
    for (std::uint8_t& b : out) b = static_cast<std::uint8_t>(Next() >> 32U);
  }

 private:
  // SplitMix64, public domain (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  Mutex mutex_;
  std::uint64_t state_;
};

}  // namespace steelie::testing
