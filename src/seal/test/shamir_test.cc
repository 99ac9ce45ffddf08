#include "seal/shamir.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"

namespace steelie::seal {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;

SecretBuffer Hex(std::string_view text) {
  const Bytes bytes = *HexDecode(text);
  return {bytes.begin(), bytes.end()};
}

std::string Combined(std::vector<SecretBuffer> shares) {
  const auto secret = ShamirCombine(shares);
  return secret ? HexEncode(*secret) : secret.error().reason();
}

TEST(Shamir, PublishedVector) {
  // draft-mcgrew-tss-03: the secret "test\0" in two shares; x is appended here instead of kept apart.
  EXPECT_EQ(Combined({Hex("b9fa07e18501"), Hex("f5409b451102")}), "7465737400");
}

TEST(Shamir, VectorOfAnIndependentImplementation) {
  // Threshold 3, secret 00..1f, coefficients SHA-256("steelie c1") and SHA-256("steelie c2"). Computed with logarithm
  // tables to generator 3 in Python, which reproduces the published vector above too.
  const SecretBuffer one = Hex("eccdde31660ace31067ce5ccf52b3cf3387cab839a70e4b4c627b95e04c1a0a901");
  const SecretBuffer two = Hex("c06483ef6bf146a327c4c8f79403c31402bfadae05e1e063b493af46412296b553");
  const SecretBuffer three = Hex("8c9377e4a6a6e010a4ee01741420ed361670fd9b61422179d9ae28876b33dca8ca");
  const SecretBuffer four = Hex("4b29a9b082ab2ff3027c9fc538ca1c56a5b89e2af230001cfc48a5b4f79dc38eff");
  const std::string secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  EXPECT_EQ(Combined({two, four, one}), secret);
  EXPECT_EQ(Combined({three, two, one}), secret);
  EXPECT_EQ(Combined({one, two, three, four}), secret);
  EXPECT_NE(Combined({one, two}), secret);
}

TEST(Shamir, EverySubsetOfThresholdSizeGivesTheSecret) {
  InsecureSeededRandom random(3);
  const Bytes secret = ToBytes("a secret of some length");
  for (std::size_t n = 2; n <= 6; ++n) {
    for (std::size_t t = 2; t <= n; ++t) {
      const std::vector<SecretBuffer> shares = ShamirSplit(secret, n, t, random);
      for (unsigned subset = 0; subset < (1U << n); ++subset) {
        std::vector<SecretBuffer> chosen;
        for (std::size_t i = 0; i < n; ++i) {
          if ((subset >> i & 1U) != 0) chosen.push_back(shares[i]);
        }
        if (chosen.size() < 2) continue;
        EXPECT_EQ(Combined(chosen) == HexEncode(secret), chosen.size() >= t) << n << t << subset;
      }
    }
  }
}

TEST(Shamir, SplitsIntoAsManyAsThereArePoints) {
  InsecureSeededRandom random(4);
  const std::vector<SecretBuffer> shares = ShamirSplit(Bytes{42}, 255, 2, random);
  std::vector<bool> seen(256);
  for (const SecretBuffer& share : shares) {
    EXPECT_NE(share.back(), 0);
    EXPECT_FALSE(seen[share.back()]);
    seen[share.back()] = true;
  }
  EXPECT_EQ(Combined({shares[200], shares[7]}), "2a");
}

TEST(Shamir, RefusesSharesThatDoNotFitTogether) {
  EXPECT_EQ(Combined({}), "seal.shamir.shares");
  EXPECT_EQ(Combined({Hex("0102")}), "seal.shamir.shares");
  EXPECT_EQ(Combined({Hex("0102"), Hex("010203")}), "seal.shamir.shares");
  EXPECT_EQ(Combined({Hex("0102"), Hex("0302")}), "seal.shamir.shares");
  EXPECT_EQ(Combined({Hex("0100"), Hex("0302")}), "seal.shamir.shares");
  EXPECT_EQ(Combined({Hex("01"), Hex("02")}), "seal.shamir.shares");
}

}  // namespace
}  // namespace steelie::seal
