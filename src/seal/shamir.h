#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie::seal {

/// Shamir's secret sharing over GF(2^8) with x^8+x^4+x^3+x+1, byte by byte, compatible with the format that MarbleRun
/// hands out: a share is the y values followed by its x as the last byte. Without tables or branches on secret bytes.
///
/// Splits into `shares` shares of which any `threshold` give the secret back. 2 <= threshold <= shares <= 255.
std::vector<SecretBuffer> ShamirSplit(ByteView secret, std::size_t shares, std::size_t threshold, Random& random);

/// Interpolates at 0 with all shares given (hostile bytes). Fewer than the threshold give a wrong secret without an
/// error. Errors: kInvalidArgument `seal.shamir.shares` fewer than two, of different length, or with the same x or x =
/// 0.
Result<SecretBuffer> ShamirCombine(std::span<const SecretBuffer> shares);

}  // namespace steelie::seal
