#include "control/plan.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/testing/coordinator_test.h"
#include "crypto/pem.h"

// Rehearsing updates on the recorded fleet.
namespace steelie::control {
namespace {

using nlohmann::json;
using steelie::testing::FailsWith;
using ::testing::Contains;
using testing::CoordinatorTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeMarble;

class PlanTest : public CoordinatorTest {
 protected:
  void SetUp() override {
    identity_.measurement = Sha256(AsBytes("program"));
    identity_.signer.fill(0xcd);
    identity_.security_version = 3;
    for (const char* name : {"alice", "bob", "dave"}) users_[name] = MakeMarble().caller;
    StartOnHost();
    ASSERT_OK(Set(Make()));
  }

  void StartOnHost() {
    host_ = Open(identity_);
    verifier_ = attest::sim::SimVerifier(host_->vendor_root());
    auto started = TryStart(*host_);
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
    coordinator_ = std::move(*started);
  }

  std::unique_ptr<platform::SimPlatform> Open(const platform::SimIdentity& identity) {
    return *platform::SimPlatform::Open(folder_.path() / "sim", identity, random_, clock_);
  }

  std::string Make(const std::function<void(json&)>& change = nullptr) {
    json m = json::parse(R"({"Packages":{"app":{"Sim":{"SecurityVersion":2}},"other":{"Sim":{"SecurityVersion":1}}},
        "Marbles":{"m":{"Package":"app","Parameters":{"Env":{"S":"{{ hex .Secrets.shared }}"}}},
                   "k":{"Package":"other","Parameters":{"Env":{"K":"{{ hex .MarbleRun.SealKey }}"}}},
                   "limited":{"Package":"app","MaxActivations":5}},
        "Secrets":{"shared":{"Type":"symmetric-key","Size":128,"Shared":true},
                   "cert":{"Type":"cert-ecdsa","Size":256,"Shared":true}},
        "Roles":{"updater":{"ResourceType":"Manifest","Actions":["UpdateManifest"]},
                 "raiser":{"ResourceType":"Packages","ResourceNames":["app"],"Actions":["UpdateSecurityVersion"]}}})");
    for (const char* name : {"app", "other"}) {
      m["Packages"][name]["Sim"]["SignerID"] = HexEncode(identity_.signer);
      m["Packages"][name]["Sim"]["ProductID"] = 0;
    }
    for (const auto& [name, caller] : users_) m["Users"][name]["Certificate"] = caller.leaf->ToPem();
    m["Users"]["alice"]["Roles"] = {"updater"};
    m["Users"]["bob"]["Roles"] = {"raiser"};
    if (change) change(m);
    return m.dump();
  }

  void Join(const char* type, std::uint64_t security_version, std::uint8_t number) {
    platform::SimIdentity identity = identity_;
    identity.security_version = security_version;
    const auto marble = MakeMarble();
    const Bytes evidence = *Open(identity)->IssueEvidence(attest::BindingTo(marble.caller.leaf->der()));
    std::array<std::uint8_t, 16> uuid{};
    uuid[15] = number;
    ASSERT_OK(ActivateAs(marble, type, Uuid(uuid).ToString(), evidence));
    coordinator_->Flush();
  }

  Result<UpdatePlan> Plan(const char* user, const std::string& manifest) {
    return coordinator_->PlanUpdate(users_[user], ToBytes(manifest));
  }

  static const TypeImpact& Impact(const UpdatePlan& plan, const std::string& type) {
    const auto at = std::ranges::find(plan.types, type, &TypeImpact::type);
    EXPECT_NE(at, plan.types.end()) << type;
    return *at;
  }

  platform::SimIdentity identity_;
  std::unique_ptr<platform::SimPlatform> host_;
  std::map<std::string, Caller> users_;
};

TEST_F(PlanTest, NamesTheRecordedMarblesThatWouldBeRefused) {
  Join("m", 2, 1);
  Join("m", 3, 2);
  Join("k", 9, 3);
  const std::string next = Make([](json& m) { m["Packages"]["app"]["Sim"]["SecurityVersion"] = 3; });
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan, Plan("alice", next));
  EXPECT_EQ(plan.recorded, 3U);
  EXPECT_EQ(plan.refused, 1U);
  ASSERT_EQ(plan.marbles.size(), 1U);
  EXPECT_EQ(plan.marbles[0].type, "m");
  EXPECT_EQ(plan.marbles[0].uuid.ToString(), "00000000-0000-0000-0000-000000000001");
  EXPECT_FALSE(plan.marbles[0].refused_already);
  EXPECT_EQ(plan.marbles[0].decision.reason(), "policy.sim.security_version");
  EXPECT_THAT(plan.marbles[0].decision.Summary(), HasSubstr("expected at least 3, seen 2"));
  EXPECT_EQ(Impact(plan, "m").recorded, 2U);
  EXPECT_EQ(Impact(plan, "m").refused, 1U);
  EXPECT_THAT(Impact(plan, "m").because, Contains(HasSubstr("was at least 2, will be at least 3")));
  EXPECT_EQ(Impact(plan, "k").refused, 0U);
  EXPECT_THAT(Impact(plan, "k").because, IsEmpty());
  // And it is true: what the plan says is what happens.
  ASSERT_OK(coordinator_->SubmitUpdate(users_["alice"], ToBytes(next)));
  const auto marble = MakeMarble();
  platform::SimIdentity old = identity_;
  old.security_version = 2;
  const Bytes evidence = *Open(old)->IssueEvidence(attest::BindingTo(marble.caller.leaf->der()));
  EXPECT_THAT(ActivateAs(marble, "m", kUuid, evidence), FailsWith("policy.sim.security_version"));
}

TEST_F(PlanTest, ChangesNothing) {
  Join("m", 3, 1);
  const auto log = *coordinator_->GetUpdateLog();
  ASSERT_OK(Plan("alice", Make([](json& m) { m["Marbles"].erase("m"); })));
  EXPECT_EQ(*coordinator_->GetUpdateLog(), log);
  EXPECT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
  EXPECT_EQ(ToText(coordinator_->GetManifest()->manifest), Make());
}

TEST_F(PlanTest, TypesThatGoAndLimitsThatAreUsedUp) {
  Join("m", 3, 1);
  Join("limited", 3, 2);
  Join("limited", 3, 3);
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan, Plan("alice", Make([](json& m) {
                                                     m["Marbles"].erase("m");
                                                     m["Marbles"]["limited"]["MaxActivations"] = 2;
                                                   })));
  EXPECT_EQ(plan.refused, 3U);
  EXPECT_EQ(plan.marbles[0].decision.reason(), "activate.limit");
  EXPECT_EQ(plan.marbles[2].decision.reason(), "activate.unknown_type");
  EXPECT_THAT(Impact(plan, "m").because, ElementsAre("marble `m` is gone"));
}

TEST_F(PlanTest, ThoseRefusedAlreadyAreToldApart) {
  Join("m", 2, 1);
  Join("m", 3, 2);
  ASSERT_OK(coordinator_->SubmitUpdate(users_["bob"], ToBytes(R"({"Packages":{"app":{"SecurityVersion":3}}})")));
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan, Plan("bob", R"({"Packages":{"app":{"SecurityVersion":4}}})"));
  EXPECT_TRUE(plan.diff.package_update);
  EXPECT_EQ(plan.refused, 2U);
  EXPECT_EQ(Impact(plan, "m").refused_already, 1U);
  // Those that the update itself shuts out come first.
  EXPECT_FALSE(plan.marbles[0].refused_already);
  EXPECT_TRUE(plan.marbles[1].refused_already);
  // A full update that forgets the raised version lets the old ones in again, and says so.
  ASSERT_OK_AND_ASSIGN(const UpdatePlan back, Plan("alice", Make()));
  EXPECT_EQ(back.refused, 0U);
  EXPECT_TRUE(back.diff.Loosens());
}

TEST_F(PlanTest, SaysWhatEachTypeGetsAnew) {
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan,
                       Plan("alice", Make([](json& m) { m["Config"]["RotateRootSecret"] = true; })));
  EXPECT_THAT(Impact(plan, "m").because, ElementsAre("secret `shared` is regenerated"));
  EXPECT_THAT(Impact(plan, "k").because, ElementsAre("its sealing key changes"));
  EXPECT_THAT(plan.reissued, ElementsAre("cert"));
  EXPECT_EQ(plan.needed, 1U);
  EXPECT_THAT(plan.eligible, ElementsAre("alice"));
}

TEST_F(PlanTest, IsForThoseWhoMayMakeTheUpdate) {
  const std::string versions = R"({"Packages":{"app":{"SecurityVersion":4}}})";
  EXPECT_OK(Plan("alice", versions));
  EXPECT_OK(Plan("bob", versions));
  EXPECT_THAT(Plan("bob", R"({"Packages":{"other":{"SecurityVersion":4}}})"), FailsWith("user.forbidden"));
  EXPECT_THAT(Plan("bob", Make()), FailsWith("user.forbidden"));
  EXPECT_THAT(Plan("dave", versions), FailsWith("user.forbidden"));
  EXPECT_THAT(coordinator_->PlanUpdate({}, ToBytes(versions)), FailsWith("user.unauthorized"));
}

TEST_F(PlanTest, ReportsWhatWouldMakeTheUpdateFail) {
  EXPECT_THAT(Plan("alice", "{"), FailsWith("manifest.json.syntax"));
  EXPECT_THAT(Plan("alice", Make([](json& m) { m["Marbles"]["m"]["Package"] = "none"; })),
              FailsWith("manifest.package.unknown"));
  EXPECT_FALSE(
      Plan("alice", Make([](json& m) { m["Marbles"]["m"]["Parameters"]["Env"]["S"] = "{{ hex .Secrets.nowhere }}"; }))
          .has_value());
  EXPECT_THAT(Plan("alice", Make([](json& m) { m["Config"]["SealMode"] = "Disabled"; })),
              FailsWith("update.seal_mode"));
  EXPECT_THAT(Plan("bob", R"({"Packages":{"app":{"SecurityVersion":1}}})"), FailsWith("manifest.update.downgrade"));
}

TEST_F(PlanTest, TheFleetSurvivesARestartAndASnapshot) {
  Join("m", 2, 1);
  const std::string next = Make([](json& m) { m["Packages"]["app"]["Sim"]["SecurityVersion"] = 3; });
  Stop();
  StartOnHost();
  EXPECT_EQ(Plan("alice", next)->refused, 1U);
  // New recovery keys begin a key epoch, whose first record is a snapshot.
  const PublicKey key = PrivateKey::Generate(KeyKind::kRsa, 2048)->public_key();
  const std::string recovery = Make([&](json& m) { m["RecoveryKeys"]["r"] = PemEncode("PUBLIC KEY", key.spki()); });
  ASSERT_OK(coordinator_->SubmitUpdate(users_["alice"], ToBytes(recovery)));
  Stop();
  StartOnHost();
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan, Plan("alice", next));
  EXPECT_EQ(plan.refused, 1U);
  EXPECT_EQ(plan.marbles[0].record.activations, 1U);
  EXPECT_EQ(plan.marbles[0].decision.reason(), "policy.sim.security_version");
}

// The limit is used up now and afterwards; what the update adds is another reason, which must not hide behind it.
TEST_F(PlanTest, ANewReasonIsNotHiddenByAnOldOne) {
  for (std::uint8_t n = 1; n <= 5; ++n) Join("limited", 3, n);
  ASSERT_OK_AND_ASSIGN(const UpdatePlan same, Plan("alice", Make()));
  EXPECT_EQ(Impact(same, "limited").refused_already, 5U);
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan,
                       Plan("alice", Make([](json& m) { m["Packages"]["app"]["Sim"]["SecurityVersion"] = 4; })));
  EXPECT_EQ(Impact(plan, "limited").refused, 5U);
  EXPECT_EQ(Impact(plan, "limited").refused_already, 0U);
}

// Such activations are written later than they are answered.
TEST_F(PlanTest, KnowsAMarbleThatJoinedJustNow) {
  ASSERT_OK(Activate("m"));
  EXPECT_EQ(Plan("alice", Make())->recorded, 1U);
}

// A marble without evidence, as in simulation without a simulated platform, has no claims to try.
TEST_F(PlanTest, MarblesWithoutEvidence) {
  ASSERT_OK(Activate("m"));
  coordinator_->Flush();
  ASSERT_OK_AND_ASSIGN(const UpdatePlan plan,
                       Plan("alice", Make([](json& m) { m["Packages"]["app"]["Sim"]["SecurityVersion"] = 99; })));
  EXPECT_EQ(plan.recorded, 1U);
  EXPECT_EQ(plan.refused, 0U);
}

}  // namespace
}  // namespace steelie::control
