#include "control/drill_challenge.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/seeded_random.h"

namespace steelie::control {
namespace {

TEST(DrillChallenge, OneThatWasMadeWhileTheClockRanAheadIsReplaced) {
  steelie::testing::InsecureSeededRandom random(1);
  const Instant now = steelie::testing::FakeClock().Now();
  const Instant ahead = now + std::chrono::hours(400);
  DrillChallenge challenges;
  const DrillChallenge::Issued early = challenges.Current(ahead, random);
  EXPECT_EQ(challenges.MadeAt(early.value, ahead), ahead);
  EXPECT_FALSE(challenges.MadeAt(early.value, now)) << "else it were good for more than two weeks";

  const DrillChallenge::Issued issued = challenges.Current(now, random);
  EXPECT_NE(issued.value, early.value);
  EXPECT_EQ(issued.made, now);
  EXPECT_EQ(challenges.MadeAt(issued.value, now), now);
  EXPECT_FALSE(challenges.MadeAt(early.value, now));
  EXPECT_EQ(challenges.Current(now, random).value, issued.value) << "and stays";
}

}  // namespace
}  // namespace steelie::control
