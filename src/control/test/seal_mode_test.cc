#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "control/testing/coordinator_test.h"
#include "seal/key_file.h"

// To which programs the state belongs: SealMode on the simulated platform.
namespace steelie::control {
namespace {

using nlohmann::json;
using testing::CoordinatorTest;
using testing::MakeMarble;

class SealModeTest : public CoordinatorTest {
 protected:
  static platform::SimIdentity Program(std::uint8_t build, std::uint64_t product = 1, std::uint64_t version = 1) {
    platform::SimIdentity identity;
    identity.measurement.fill(build);
    identity.signer.fill(9);
    identity.product_id = product;
    identity.security_version = version;
    return identity;
  }

  // Starts this program on the one host there is; the phase it comes up in.
  Phase StartAs(const platform::SimIdentity& program) {
    Stop();
    auto host = platform::SimPlatform::Open(folder_.path() / "sim", program, random_, clock_);
    EXPECT_TRUE(host.has_value());
    host_ = std::move(*host);
    auto started = TryStart(*host_);
    EXPECT_TRUE(started.has_value()) << started.error().ToString();
    coordinator_ = std::move(*started);
    return coordinator_->phase();
  }

  std::string WithMode(const char* mode) const {
    json m = json::parse(testing::Manifest(R"("m":{"Package":"app"})"));
    m["Users"]["alice"] = {{"Certificate", alice_.leaf->ToPem()}, {"Roles", {"updater"}}};
    m["Roles"]["updater"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    m["Config"]["SealMode"] = mode;
    return m.dump();
  }

  std::string Policy() const {
    const auto file = seal::DecodeKeyFile(ReadFile(SealFile("sealed_key"), 1U << 20U).value_or(Bytes()));
    return file && file->keys.size() == 1 ? ToText(file->keys.front().platform_info) : "(none)";
  }

  Caller alice_ = MakeMarble().caller;
  std::unique_ptr<platform::SimPlatform> host_;
};

constexpr Phase kOpen = Phase::kAcceptingMarbles;

TEST_F(SealModeTest, UniqueKeyBelongsToOneBuild) {
  StartAs(Program(1));
  ASSERT_OK(Set(WithMode("UniqueKey")));
  EXPECT_EQ(Policy(), "unique");
  EXPECT_EQ(StartAs(Program(2)), Phase::kRecovery);
  EXPECT_EQ(StartAs(Program(1)), kOpen);
}

TEST_F(SealModeTest, ProductKeyBelongsToSuccessorsOfTheProduct) {
  StartAs(Program(1));
  ASSERT_OK(Set(WithMode("ProductKey")));
  EXPECT_EQ(StartAs(Program(2, 2)), Phase::kRecovery);
  platform::SimIdentity other_signer = Program(2);
  other_signer.signer.fill(8);
  EXPECT_EQ(StartAs(other_signer), Phase::kRecovery);
  EXPECT_EQ(StartAs(Program(2)), kOpen);
  EXPECT_EQ(Policy(), "product-1");
}

// A version that was raised because of a hole must not be got around by starting the old program again.
TEST_F(SealModeTest, ProductKeyDoesNotGoBackToALowerSecurityVersion) {
  StartAs(Program(1, 1, 1));
  ASSERT_OK(Set(WithMode("")));
  EXPECT_EQ(StartAs(Program(2, 1, 3)), kOpen);
  EXPECT_EQ(Policy(), "product-3");
  EXPECT_EQ(StartAs(Program(1, 1, 2)), Phase::kRecovery);
  EXPECT_EQ(StartAs(Program(3, 1, 3)), kOpen);
}

TEST_F(SealModeTest, AnUpdateSealsTheKeyAnewAtTheNextStart) {
  StartAs(Program(1));
  ASSERT_OK(Set(WithMode("ProductKey")));
  ASSERT_OK(coordinator_->SubmitUpdate(alice_, ToBytes(WithMode("UniqueKey"))));
  EXPECT_EQ(Policy(), "product-1");
  EXPECT_EQ(StartAs(Program(1)), kOpen);
  EXPECT_EQ(Policy(), "unique");
  EXPECT_EQ(StartAs(Program(2)), Phase::kRecovery);
  EXPECT_EQ(StartAs(Program(1)), kOpen);
  ASSERT_OK(coordinator_->SubmitUpdate(alice_, ToBytes(WithMode("ProductKey"))));
  EXPECT_EQ(StartAs(Program(1)), kOpen);
  EXPECT_EQ(Policy(), "product-1");
  EXPECT_EQ(StartAs(Program(2)), kOpen);
}

TEST_F(SealModeTest, DisabledKeepsNothingOnDisk) {
  StartAs(Program(1));
  ASSERT_OK(Set(WithMode("Disabled")));
  for (const char* name : {"sealed_key", "tail"}) EXPECT_FALSE(std::filesystem::exists(SealFile(name))) << name;
  EXPECT_FALSE(coordinator_->CopyLedger(folder_.path() / "copy", nullptr).has_value());
  EXPECT_EQ(StartAs(Program(1)), Phase::kAcceptingManifest);
}

}  // namespace
}  // namespace steelie::control
