#pragma once

#include "base/random.h"
#include "base/result.h"
#include "secret/secret.h"

namespace steelie::marble {

struct SealKeyTag;
/// 256 bits for sealing data.
using SealKey = Secret<SealKeyTag>;

inline constexpr std::size_t kMaxSealed = std::size_t{1} << 30U;

/// The key from key material: 32 bytes or 64 hex digits are the key itself, other material of 16 to 64 bytes is
/// expanded with HKDF. Errors: kInvalidArgument `seal.key`.
Result<SealKey> SealKeyFrom(ByteView material);

/// The sealed container, as docs/formats/sealed-data.md has it. Errors: kInvalidArgument `seal.size`.
Result<Bytes> SealData(const SealKey& key, ByteView plaintext, ByteView associated_data, Random& random);

/// Hostile bytes. Errors: kInvalidArgument `seal.malformed`; kUnimplemented `seal.version`; kDataLoss `seal.open`.
Result<SecretBuffer> UnsealData(const SealKey& key, ByteView sealed, ByteView associated_data);

}  // namespace steelie::marble
