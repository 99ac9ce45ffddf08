#pragma once

#include <array>

#include "base/bytes.h"
#include "secret/wipe.h"

namespace steelie {

/// The longest output of HKDF with SHA-256: 255 blocks.
inline constexpr std::size_t kHkdfMax = std::size_t{255} * 32;

/// HKDF with SHA-256 (RFC 5869), extract and expand. `length` must be 1 to kHkdfMax.
SecretBuffer HkdfSha256(ByteView key, ByteView salt, ByteView info, std::size_t length);

/// HMAC with SHA-256 (RFC 2104).
std::array<std::uint8_t, 32> HmacSha256(ByteView key, ByteView data);

}  // namespace steelie
