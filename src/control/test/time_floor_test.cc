#include <gtest/gtest.h>

#include "control/testing/coordinator_test.h"

namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::MakeMarble;

class TimeFloorTest : public testing::CoordinatorTest {
 protected:
  void SetUp() override {
    build_time_ = clock_.Now() - std::chrono::hours(24 * 365);
    Start();
    const auto pem = [](const Caller& caller) {
      std::string out;
      for (const char c : caller.leaf->ToPem()) out += c == '\n' ? std::string("\\n") : std::string(1, c);
      return "\"" + out + "\"";
    };
    ASSERT_OK(Set(testing::Manifest(
        R"("m":{"Package":"app"},"limited":{"Package":"app","MaxActivations":9})", "",
        R"("Users":{"up":{"Certificate":)" + pem(updater_) + R"(,"Roles":["r"]},"other":{"Certificate":)" +
            pem(other_) + R"(}},"Roles":{"r":{"ResourceType":"Manifest","Actions":["UpdateManifest"]}})")));
  }
  // The clock runs ahead, something happens, and the clock is set right.
  void RunAhead() {
    clock_.Advance(kAhead);
    ASSERT_OK(Activate("limited"));
    clock_.Advance(-kAhead);
    ASSERT_THAT(Activate("limited"), FailsWith("time.behind_floor"));
  }

  static constexpr std::chrono::hours kAhead{24 * 3650};
  const Caller updater_ = MakeMarble().caller;
  const Caller other_ = MakeMarble().caller;
};

TEST_F(TimeFloorTest, AnUpdaterLowersItAgain) {
  RunAhead();
  EXPECT_GT(coordinator_->GetTimeFloor().floor, clock_.Now());
  ASSERT_OK_AND_ASSIGN(const TimeFloorView view, coordinator_->LowerTimeFloor(updater_, clock_.Now()));
  EXPECT_EQ(view.floor, clock_.Now());
  EXPECT_EQ(view.lowest, build_time_);
  EXPECT_OK(Activate("limited"));
  EXPECT_EQ(coordinator_->GetTimeFloor().floor, clock_.Now()) << "later events are at the right time";
  const std::string line = coordinator_->GetUpdateLog()->back();
  EXPECT_NE(line.find("Time floor lowered"), std::string::npos) << line;
  EXPECT_NE(line.find("\"user\":\"up\""), std::string::npos) << line;
}

TEST_F(TimeFloorTest, TheLogNamesTheFloorAsItWas) {
  const Instant floor = coordinator_->GetTimeFloor().floor;
  clock_.Advance(std::chrono::seconds(10));
  ASSERT_OK(coordinator_->LowerTimeFloor(updater_, floor - std::chrono::milliseconds(1)));
  const std::string line = coordinator_->GetUpdateLog()->back();
  EXPECT_NE(line.find("\"from\":\"" + FormatMillis(floor) + "\""), std::string::npos) << line;
}

TEST_F(TimeFloorTest, ItStaysLoweredAfterARestart) {
  RunAhead();
  ASSERT_OK(coordinator_->LowerTimeFloor(updater_, clock_.Now()));
  Restart();
  EXPECT_EQ(coordinator_->GetTimeFloor().floor, clock_.Now());
  EXPECT_OK(Activate("limited"));
  Restart();
  EXPECT_OK(Activate("m"));
}

TEST_F(TimeFloorTest, AuditEventsDoNotRaiseItAgain) {
  clock_.Advance(kAhead);
  ASSERT_OK(Activate("limited"));
  ASSERT_OK(Activate("m"));  // recorded with the wrong clock, written later
  clock_.Advance(-kAhead);
  ASSERT_OK(coordinator_->LowerTimeFloor(updater_, clock_.Now()));
  coordinator_->Flush();
  EXPECT_EQ(coordinator_->GetTimeFloor().floor, clock_.Now());
}

TEST_F(TimeFloorTest, OthersMayNot) {
  RunAhead();
  EXPECT_THAT(coordinator_->LowerTimeFloor({}, clock_.Now()), FailsWith("user.unauthorized"));
  EXPECT_THAT(coordinator_->LowerTimeFloor(other_, clock_.Now()), FailsWith("user.forbidden"));
  EXPECT_THAT(Activate("m"), FailsWith("time.behind_floor"));
}

TEST_F(TimeFloorTest, NotBelowTheBuildAndNotUpwards) {
  RunAhead();
  EXPECT_THAT(coordinator_->LowerTimeFloor(updater_, build_time_ - std::chrono::nanoseconds(1)),
              FailsWith("time.below_build"));
  EXPECT_THAT(coordinator_->LowerTimeFloor(updater_, clock_.Now() + 2 * kAhead), FailsWith("time.not_lower"));
  ASSERT_OK(coordinator_->LowerTimeFloor(updater_, build_time_));
  EXPECT_THAT(coordinator_->LowerTimeFloor(updater_, build_time_), FailsWith("time.not_lower"));
}

}  // namespace
}  // namespace steelie::control
