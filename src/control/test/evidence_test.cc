#include <gtest/gtest.h>

#include "control/testing/coordinator_test.h"

// Simulated evidence through the whole activation: bound to the connection, checked field by field.
namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::CoordinatorTest;
using testing::MakeMarble;

class EvidenceTest : public CoordinatorTest {
 protected:
  void SetUp() override {
    identity_.measurement = Sha256(AsBytes("program"));
    identity_.signer.fill(0xcd);
    identity_.product_id = 7;
    identity_.security_version = 3;
    host_ = Open(identity_);
    verifier_ = attest::sim::SimVerifier(host_->vendor_root());
    auto started = TryStart(*host_);
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
    coordinator_ = std::move(*started);
    const std::string measurement = HexEncode(identity_.measurement);
    const std::string signer = HexEncode(identity_.signer);
    ASSERT_OK(Set(R"({"Packages":{"app":{"Sim":{"Measurement":")" + measurement + R"(","SignerID":")" + signer +
                  R"(","ProductID":7,"SecurityVersion":3}}},"Marbles":{"m":{"Package":"app"}}})"));
  }

  std::unique_ptr<platform::SimPlatform> Open(const platform::SimIdentity& identity) {
    return *platform::SimPlatform::Open(folder_.path() / "sim", identity, random_, clock_);
  }
  Bytes EvidenceFor(const platform::SimIdentity& identity, const testing::MarbleSide& marble) {
    return *Open(identity)->IssueEvidence(attest::BindingTo(marble.caller.leaf->der()));
  }

  platform::SimIdentity identity_;
  std::unique_ptr<platform::SimPlatform> host_;
};

TEST_F(EvidenceTest, MatchingEvidenceIsAdmitted) {
  const auto marble = MakeMarble();
  EXPECT_OK(ActivateAs(marble, "m", kUuid, EvidenceFor(identity_, marble)));
}

TEST_F(EvidenceTest, EvidenceOfAnotherConnectionIsRefused) {
  const auto marble = MakeMarble();
  const Bytes evidence = EvidenceFor(identity_, marble);
  ASSERT_OK(ActivateAs(marble, "m", kUuid, evidence));
  // Replayed by somebody with another certificate.
  EXPECT_THAT(ActivateAs(MakeMarble(), "m", kUuid, evidence), FailsWith("policy.binding"));
}

TEST_F(EvidenceTest, EachWrongFieldIsRefusedAndNamed) {
  const auto marble = MakeMarble();
  const auto refused = [&](void (*change)(platform::SimIdentity&)) {
    platform::SimIdentity changed = identity_;
    change(changed);
    return ActivateAs(marble, "m", kUuid, EvidenceFor(changed, marble));
  };
  EXPECT_THAT(refused([](auto& i) { i.measurement[0] ^= 1; }), FailsWith("policy.sim.measurement"));
  EXPECT_THAT(refused([](auto& i) { i.signer[0] ^= 1; }), FailsWith("policy.sim.signer"));
  EXPECT_THAT(refused([](auto& i) { i.product_id = 8; }), FailsWith("policy.sim.product"));
  EXPECT_THAT(refused([](auto& i) { i.security_version = 2; }), FailsWith("policy.sim.security_version"));
  EXPECT_THAT(refused([](auto& i) { i.debug = true; }), FailsWith("policy.sim.debug"));
}

TEST_F(EvidenceTest, ARefusalNamesMeasurementExpectedAndSeen) {
  const auto marble = MakeMarble();
  platform::SimIdentity changed = identity_;
  changed.measurement = Sha256(AsBytes("progran"));
  const auto result = ActivateAs(marble, "m", kUuid, EvidenceFor(changed, marble));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Code::kPermissionDenied);
  EXPECT_NE(result.error().message().find(HexEncode(identity_.measurement)), std::string::npos);
  EXPECT_NE(result.error().message().find(HexEncode(changed.measurement)), std::string::npos);
  EXPECT_NE(result.error().message().find("/Packages/app/Sim/Measurement"), std::string::npos);
}

TEST_F(EvidenceTest, GarbageAndOtherKindsAreRefused) {
  const auto marble = MakeMarble();
  EXPECT_THAT(ActivateAs(marble, "m", kUuid, Bytes{1, 2, 3}), FailsWith("attest.unsupported"));
  EXPECT_THAT(ActivateAs(marble, "m", kUuid, Bytes(1000, 3)), FailsWith("attest.unsupported"));
  EXPECT_THAT(ActivateAs(marble, "m", kUuid, AsBytes("STLE")), FailsWith("attest.envelope"));
}

TEST_F(EvidenceTest, TheCoordinatorsOwnEvidenceBindsRootAndNonce) {
  ASSERT_OK_AND_ASSIGN(const QuoteView quote, coordinator_->GetQuote(Bytes{1, 2, 3}));
  ASSERT_TRUE(quote.evidence.has_value());
  ASSERT_OK_AND_ASSIGN(const attest::Claims claims, verifier_.Verify(*quote.evidence, clock_.Now()));
  const Bytes root = coordinator_->ClientApiIdentity()->certificate.der();
  EXPECT_EQ(claims.report_data, attest::BindingTo(root, Bytes{1, 2, 3}));
}

// Promise: simulation never opens real state and is always visible.
TEST_F(EvidenceTest, Promise8SimulationIsOptInAndVisible) {
  EXPECT_TRUE(coordinator_->GetStatus().simulation);
  EXPECT_TRUE(coordinator_->ClientApiIdentity()->certificate.Extension(pki::kSimulationOid).has_value());
  EXPECT_NE(recorder_.Text().find("Simulation mode"), std::string::npos);
  Stop();
  EXPECT_THAT(TryStart(*host_, /*simulation=*/false), FailsWith("mode.no_tee"));
}

class RealPlatform final : public platform::Platform {
 public:
  std::string_view name() const override { return "real"; }
  bool is_real() const override { return true; }
  bool issues_evidence() const override { return false; }
  Result<Bytes> IssueEvidence(const attest::ReportData& data) const override { return none_.IssueEvidence(data); }
  Result<platform::DerivedSealingKey> NewSealingKey(platform::SealingPolicy policy) const override {
    return none_.NewSealingKey(policy);
  }
  Result<platform::SealingKey> SealingKeyFor(ByteView info) const override { return none_.SealingKeyFor(info); }

 private:
  platform::NonePlatform none_;
};

TEST_F(EvidenceTest, Promise8ModesDoNotOpenEachOthersState) {
  Stop();
  const RealPlatform real;
  EXPECT_THAT(TryStart(real, /*simulation=*/true), FailsWith("mode.simulation_on_tee"));
  EXPECT_THAT(TryStart(real, /*simulation=*/false), FailsWith("vault.mode"));
}

TEST_F(EvidenceTest, OutsideSimulationAMarbleWithoutEvidenceIsRefused) {
  Stop();
  std::filesystem::remove_all(folder_.path() / "seal");
  const RealPlatform real;
  ASSERT_OK_AND_ASSIGN(coordinator_, TryStart(real, /*simulation=*/false));
  ASSERT_OK(Set(testing::Manifest(R"("m":{"Package":"app"})")));
  EXPECT_THAT(Activate("m"), FailsWith("policy.evidence"));
  const auto marble = MakeMarble();
  EXPECT_THAT(ActivateAs(marble, "m", kUuid, EvidenceFor(identity_, marble)), FailsWith("policy.kind"));
}

}  // namespace
}  // namespace steelie::control
