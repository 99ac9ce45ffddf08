#include "seal/shamir.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace steelie::seal {
namespace {

// Russian peasant multiplication; every step is taken, masks decide.
std::uint8_t Multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned x = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    product ^= x & (0U - ((b >> bit) & 1U));
    x = (x << 1U) ^ (0x11bU & (0U - (x >> 7U)));
  }
  return static_cast<std::uint8_t>(product);
}

// a^254, the inverse; 0 for 0.
std::uint8_t Invert(std::uint8_t a) {
  std::uint8_t power = a;
  std::uint8_t result = 1;
  for (int bit = 1; bit < 8; ++bit) {
    power = Multiply(power, power);
    result = Multiply(result, power);
  }
  return result;
}

// `count` distinct values of 1..255 in random order.
std::vector<std::uint8_t> DrawPoints(std::size_t count, Random& random) {
  std::vector<std::uint8_t> points;
  std::array<bool, 256> taken{};
  taken[0] = true;
  while (points.size() < count) {
    const std::uint8_t x = random.Take<1>()[0];
    if (std::exchange(taken[x], true)) continue;
    points.push_back(x);
  }
  return points;
}

}  // namespace

std::vector<SecretBuffer> ShamirSplit(ByteView secret, std::size_t shares, std::size_t threshold, Random& random) {
  STEELIE_CHECK(threshold >= 2 && threshold <= shares && shares <= 255);
  const std::vector<std::uint8_t> points = DrawPoints(shares, random);
  std::vector<SecretBuffer> out(shares);
  for (SecretBuffer& share : out) share.reserve(secret.size() + 1);
  SecretBuffer coefficients(threshold);
  for (const std::uint8_t byte : secret) {
    coefficients[0] = byte;
    random.Fill(MutableByteView(coefficients).subspan(1));
    for (std::size_t i = 0; i < shares; ++i) {
      std::uint8_t y = 0;
      for (std::size_t k = threshold; k-- > 0;) y = static_cast<std::uint8_t>(Multiply(y, points[i]) ^ coefficients[k]);
      out[i].push_back(y);
    }
  }
  for (std::size_t i = 0; i < shares; ++i) out[i].push_back(points[i]);
  return out;
}

Result<SecretBuffer> ShamirCombine(std::span<const SecretBuffer> shares) {
  const auto bad = [](const char* message) { return Error(Code::kInvalidArgument, "seal.shamir.shares", message); };
  if (shares.size() < 2) return bad("less than two parts cannot be used to reconstruct the secret");
  const std::size_t size = shares[0].size();
  if (size < 2) return bad("parts must be at least two bytes");
  std::array<bool, 256> seen{};
  for (const SecretBuffer& share : shares) {
    if (share.size() != size) return bad("all parts must be the same length");
    if (share.back() == 0) return bad("a part has no valid position");
    if (std::exchange(seen[share.back()], true)) return bad("duplicate part detected");
  }
  SecretBuffer secret(size - 1);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    // The Lagrange basis polynomial of share i at 0: the product of x_j / (x_j - x_i).
    std::uint8_t basis = 1;
    for (std::size_t j = 0; j < shares.size(); ++j) {
      if (j == i) continue;
      const std::uint8_t xj = shares[j].back();
      basis = Multiply(basis, Multiply(xj, Invert(static_cast<std::uint8_t>(xj ^ shares[i].back()))));
    }
    for (std::size_t k = 0; k < secret.size(); ++k) {
      secret[k] = static_cast<std::uint8_t>(secret[k] ^ Multiply(basis, shares[i][k]));
    }
  }
  return secret;
}

}  // namespace steelie::seal
