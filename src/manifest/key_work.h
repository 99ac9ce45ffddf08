#pragma once

#include <cstdint>

#include "manifest/model.h"

namespace steelie::manifest {

/// What making a key costs, in sixty-fourths of an RSA key of 2048 bits; the work for RSA grows with the fourth power
/// of the size. 1 for everything that is quick.
std::uint64_t KeyWork(const Secret& secret);

inline constexpr std::uint64_t kWorkOfRsa2048 = 64;
/// What setting a manifest may cost. Strangers may set one while there is none.
inline constexpr std::uint64_t kMaxKeyWork = 5'000 * kWorkOfRsa2048;
/// Shared symmetric keys together. They are in every snapshot.
inline constexpr std::uint64_t kMaxSharedKeyBytes = std::uint64_t{4} << 20U;

/// The cost of putting a manifest in force: every shared certificate's key, and one key of each other kind and size,
/// for trying the templates out.
std::uint64_t TotalKeyWork(const Manifest& manifest);

}  // namespace steelie::manifest
