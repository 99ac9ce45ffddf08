#pragma once

#include <array>

#include "base/bytes.h"
#include "secret/secret.h"

namespace steelie {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadTagSize = 16;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kXaesNonceSize = 24;

using GcmNonce = std::array<std::uint8_t, kGcmNonceSize>;
using XaesNonce = std::array<std::uint8_t, kXaesNonceSize>;

/// XAES-256-GCM, an AEAD with a 192-bit nonce that is safe to draw at random (C2SP specification XAES-256-GCM, v1).
///
/// `key` has 32 bytes. Seal returns ciphertext and tag, 16 bytes longer than the plaintext. Open fails with kDataLoss
/// `crypto.aead.open` if key, nonce, associated data or any byte of the ciphertext is not the one sealed; nothing of
/// the plaintext is returned then. Thread-safe.
Bytes XaesSeal(ByteView key, const XaesNonce& nonce, ByteView associated_data, ByteView plaintext);
Result<SecretBuffer> XaesOpen(ByteView key, const XaesNonce& nonce, ByteView associated_data, ByteView ciphertext);

/// AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce; the building block of the above, for test vectors and for keys
/// that are used once. A nonce must never repeat under one key.
Bytes GcmSeal(ByteView key, const GcmNonce& nonce, ByteView associated_data, ByteView plaintext);
Result<SecretBuffer> GcmOpen(ByteView key, const GcmNonce& nonce, ByteView associated_data, ByteView ciphertext);

}  // namespace steelie
