#include "attest/claims_codec.h"

#include <gtest/gtest.h>

namespace steelie::attest {
namespace {

Claims Example() {
  Claims claims;
  claims.kind = EvidenceKind::kSgx;
  claims.measurement = Bytes(32, 1);
  claims.signer = Bytes(32, 2);
  claims.product_id = 3;
  claims.security_version = 4;
  claims.debug = true;
  claims.tcb_status = "SWHardeningNeeded";
  claims.advisories = {"INTEL-SA-00615", "INTEL-SA-00334"};
  return claims;
}

TEST(ClaimsCodec, RoundTrips) {
  const auto again = DecodeClaims(EncodeClaims(Example()));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->kind, EvidenceKind::kSgx);
  EXPECT_EQ(again->measurement, Bytes(32, 1));
  EXPECT_EQ(again->signer, Bytes(32, 2));
  EXPECT_EQ(again->product_id, 3U);
  EXPECT_EQ(again->security_version, 4U);
  EXPECT_TRUE(again->debug);
  EXPECT_EQ(again->tcb_status, "SWHardeningNeeded");
  EXPECT_EQ(again->advisories, Example().advisories);
}

TEST(ClaimsCodec, DamagedOnesAreNothing) {
  const Bytes good = EncodeClaims(Example());
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(DecodeClaims(ByteView(good).first(n)).has_value()) << n;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(DecodeClaims(longer).has_value());
  Bytes newer = good;
  newer[0] = 2;
  EXPECT_FALSE(DecodeClaims(newer).has_value());
  Bytes kind = good;
  kind[1] = 5;
  EXPECT_FALSE(DecodeClaims(kind).has_value());
}

}  // namespace
}  // namespace steelie::attest
