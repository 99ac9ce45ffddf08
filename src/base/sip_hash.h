#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace steelie {

/// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): a hash for tables whose keys strangers
/// may choose. With a secret key nobody can choose keys that collide. Pure.
std::uint64_t SipHash(const std::array<std::uint64_t, 2>& key, std::string_view text);

/// With a random key of this process, so only for what does not leave it. Thread-safe.
std::uint64_t TableHash(std::string_view text);

}  // namespace steelie
