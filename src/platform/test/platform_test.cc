#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"
#include "crypto/constant_time.h"
#include "platform/none.h"
#include "platform/sim.h"

namespace steelie::platform {
namespace {

using steelie::testing::FailsWith;

class Sim : public ::testing::Test {
 protected:
  std::unique_ptr<SimPlatform> Open(const std::filesystem::path& folder, const SimIdentity& identity = {}) {
    auto platform = SimPlatform::Open(folder, identity, random_, clock_);
    EXPECT_TRUE(platform.has_value());
    return std::move(*platform);
  }

  steelie::testing::TempFolder folder_;
  steelie::testing::InsecureSeededRandom random_{1};
  steelie::testing::FakeClock clock_;
};

TEST_F(Sim, EvidenceVerifiesUnderItsVendorAndSaysWhoIsThere) {
  SimIdentity identity;
  identity.measurement.fill(9);
  identity.product_id = 4;
  const auto platform = Open(folder_.path() / "a", identity);
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, platform->IssueEvidence(attest::BindingTo(AsBytes("x"))));
  const attest::sim::SimVerifier verifier(platform->vendor_root());
  ASSERT_OK_AND_ASSIGN(const attest::Claims claims, verifier.Verify(evidence, clock_.Now()));
  EXPECT_EQ(claims.measurement, Bytes(32, 9));
  EXPECT_EQ(claims.product_id, 4U);
}

TEST_F(Sim, AFurtherHostIsTrustedAnotherVendorIsNot) {
  const auto first = Open(folder_.path() / "a");
  ASSERT_OK(SimPlatform::MakeHost(folder_.path() / "a", folder_.path() / "b", random_, clock_));
  EXPECT_THAT(SimPlatform::MakeHost(folder_.path() / "a", folder_.path() / "b", random_, clock_),
              FailsWith("platform.sim.folder"));
  const auto second = Open(folder_.path() / "b");
  const auto stranger = Open(folder_.path() / "c");
  const attest::sim::SimVerifier verifier(first->vendor_root());
  EXPECT_OK(verifier.Verify(*second->IssueEvidence({}), clock_.Now()));
  EXPECT_THAT(verifier.Verify(*stranger->IssueEvidence({}), clock_.Now()), FailsWith("attest.sim.chain"));
}

TEST_F(Sim, OpenExistingMakesNothing) {
  EXPECT_THAT(SimPlatform::OpenExisting(folder_.path() / "none", {}), FailsWith("platform.sim.no_host"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none"));
  ASSERT_OK(SimPlatform::MakeHost(folder_.path() / "a", folder_.path() / "a", random_, clock_));
  ASSERT_OK_AND_ASSIGN(const auto platform, SimPlatform::OpenExisting(folder_.path() / "a", {}));
  EXPECT_TRUE(platform->issues_evidence());
}

TEST_F(Sim, SealingKeysFollowHostAndPolicy) {
  SimIdentity next;
  next.measurement.fill(1);
  const auto build1 = Open(folder_.path() / "a");
  const auto build2 = Open(folder_.path() / "a", next);
  ASSERT_OK(SimPlatform::MakeHost(folder_.path() / "a", folder_.path() / "b", random_, clock_));
  const auto moved = Open(folder_.path() / "b");
  ASSERT_OK_AND_ASSIGN(const DerivedSealingKey product, build1->NewSealingKey(SealingPolicy::kProduct));
  ASSERT_OK_AND_ASSIGN(const DerivedSealingKey unique, build1->NewSealingKey(SealingPolicy::kUnique));
  EXPECT_FALSE(ConstantTimeEqual(product.key, unique.key));
  EXPECT_TRUE(ConstantTimeEqual(product.key, *build2->SealingKeyFor(product.info)));
  EXPECT_FALSE(ConstantTimeEqual(unique.key, *build2->SealingKeyFor(unique.info)));
  EXPECT_FALSE(ConstantTimeEqual(product.key, *moved->SealingKeyFor(product.info)));
  EXPECT_THAT(build1->SealingKeyFor(AsBytes("none-1")), FailsWith("platform.sealing_key"));
}

TEST_F(Sim, DamagedFolderIsAnErrorNotANewPlatform) {
  (void)Open(folder_.path() / "a");
  std::ofstream(folder_.path() / "a" / "host.pem") << "garbage";
  EXPECT_FALSE(SimPlatform::Open(folder_.path() / "a", {}, random_, clock_).has_value());
}

TEST(None, HasNoEvidenceAndAPublishedKey) {
  const NonePlatform none;
  EXPECT_FALSE(none.is_real());
  EXPECT_THAT(none.IssueEvidence({}), FailsWith("platform.no_evidence"));
  ASSERT_OK_AND_ASSIGN(const DerivedSealingKey key, none.NewSealingKey(SealingPolicy::kUnique));
  EXPECT_TRUE(ConstantTimeEqual(key.key, *none.SealingKeyFor(key.info)));
  EXPECT_THAT(none.SealingKeyFor({}), FailsWith("platform.sealing_key"));
}

TEST(Measure, IsTheHashOfTheFile) {
  const steelie::testing::TempFolder folder;
  std::ofstream(folder.path() / "p") << "abc";
  ASSERT_OK_AND_ASSIGN(const Sha256Digest digest, MeasureProgram(folder.path() / "p"));
  EXPECT_EQ(digest, Sha256(AsBytes("abc")));
  EXPECT_THAT(MeasureProgram(folder.path() / "none"), FailsWith("platform.measure"));
}

}  // namespace
}  // namespace steelie::platform
