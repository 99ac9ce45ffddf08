#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/testing/coordinator_test.h"
#include "crypto/pem.h"

namespace steelie::control {
namespace {

using steelie::testing::FailsWith;

class CountersTest : public testing::CoordinatorTest {
 protected:
  void SetUp() override {
    Start();
    ASSERT_OK(
        Set(testing::Manifest(R"("m":{"Package":"app"})", "", R"("Config":{"FeatureGates":["MonotonicCounter"]})")));
  }
  Caller MarbleCaller(std::string_view uuid) {
    const std::string chain = Env("m", "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", uuid);
    const auto leaf = Certificate::FromPem(chain);
    EXPECT_TRUE(leaf.has_value()) << chain;
    return Caller{leaf ? std::optional<Certificate>(*leaf) : std::nullopt};
  }
};

TEST_F(CountersTest, AMarbleHasABoundedNumberOfCounters) {
  const Caller marble = MarbleCaller(kUuid);
  for (int i = 0; i < 1000; ++i) ASSERT_OK(coordinator_->SetCounter(marble, "c" + std::to_string(i), 1));
  const auto refused = coordinator_->SetCounter(marble, "one more", 1);
  ASSERT_THAT(refused, FailsWith("counter.too_many"));
  EXPECT_NE(refused.error().message().find("1000"), std::string::npos);

  EXPECT_EQ(*coordinator_->SetCounter(marble, "c7", 5), 1U) << "those that exist go on";
  EXPECT_EQ(*coordinator_->SetCounter(marble, "one more", 0), 0U) << "reading one that does not exist makes none";
  EXPECT_OK(coordinator_->SetCounter(MarbleCaller(kOtherUuid), "c", 1));

  Restart();
  EXPECT_THAT(coordinator_->SetCounter(marble, "one more", 1), FailsWith("counter.too_many"));
  EXPECT_EQ(*coordinator_->SetCounter(marble, "c7", 6), 5U);
}

// Changed recovery keys begin a key epoch with a snapshot, from which the state is read then.
TEST_F(CountersTest, WhatASnapshotHoldsCountsToo) {
  Stop();
  std::filesystem::remove_all(folder_.path() / "seal");
  Start();
  const Caller user = testing::MakeMarble().caller;
  const auto manifest = [&](const nlohmann::json& recovery_keys) {
    nlohmann::json m = nlohmann::json::parse(testing::Manifest(R"("m":{"Package":"app"})"));
    m["Config"]["FeatureGates"] = {"MonotonicCounter"};
    m["Users"]["u"] = {{"Certificate", user.leaf->ToPem()}, {"Roles", {"up"}}};
    m["Roles"]["up"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    m["RecoveryKeys"] = recovery_keys;
    return m.dump();
  };
  ASSERT_OK(Set(manifest(nlohmann::json::object())));
  const Caller before = MarbleCaller(kUuid);
  for (int i = 0; i < 1000; ++i) ASSERT_OK(coordinator_->SetCounter(before, "c" + std::to_string(i), 1));
  const std::string key = PemEncode("PUBLIC KEY", PrivateKey::Generate(KeyKind::kRsa, 2048)->public_key().spki());
  ASSERT_OK(coordinator_->SubmitUpdate(user, ToBytes(manifest({{"r", key}}))));
  Restart();
  const Caller after = MarbleCaller(kUuid);
  EXPECT_THAT(coordinator_->SetCounter(after, "one more", 1), FailsWith("counter.too_many"));
  EXPECT_EQ(*coordinator_->SetCounter(after, "c7", 6), 1U);
}

TEST(CounterTotals, CountWhatIsNew) {
  State state;
  SetCounter(state, "type:uuid:a", 3);
  SetCounter(state, "type:uuid:a", 4);
  SetCounter(state, "type:uuid:bc", 1);
  SetCounter(state, "type:other:a", 1);
  EXPECT_EQ(state.counter_totals.count, 3U);
  EXPECT_EQ(state.counter_totals.id_bytes, 11U + 12U + 12U);
  EXPECT_EQ(state.counters_of.Get("type:uuid"), 2U);
  EXPECT_EQ(state.counters_of.Get(MarbleOfCounter("type:other:a")), 1U);
}

}  // namespace
}  // namespace steelie::control
