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

// With every part, though no evidence has all of them.
Claims Full() {
  Claims claims = Example();
  claims.tcb = TcbClaims{"OutOfDate",
                         "UpToDate",
                         17,
                         {1, 2, 3, 4, 5, 6},
                         CertificateTime(std::chrono::seconds(7)),
                         CertificateTime(std::chrono::seconds(8))};
  claims.sgx.emplace().attributes = 5;
  claims.sgx->family_id[15] = 9;
  claims.tdx.emplace().rtmr[3][47] = 1;
  claims.tdx->mr_service_td.emplace()[0] = 2;
  claims.snp.emplace().product = "Genoa";
  claims.snp->launch_tcb = {1, 2, 3, 4, 5};
  claims.snp->csp = "cloud";
  claims.snp->vlek = true;
  return claims;
}

TEST(ClaimsCodec, RoundTripsEveryPart) {
  EXPECT_EQ(DecodeClaims(EncodeClaims(Full())), Full());
  const Bytes good = EncodeClaims(Full());
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(DecodeClaims(ByteView(good).first(n)).has_value()) << n;
}

TEST(ClaimsCodec, ReadsVersionOne) {
  Bytes old = EncodeClaims(Example());
  old[0] = 1;
  old.resize(old.size() - 4);  // the four parts, all absent
  EXPECT_EQ(DecodeClaims(old), Example());
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
  newer[0] = 3;
  EXPECT_FALSE(DecodeClaims(newer).has_value());
  Bytes kind = good;
  kind[1] = 5;
  EXPECT_FALSE(DecodeClaims(kind).has_value());
}

}  // namespace
}  // namespace steelie::attest
