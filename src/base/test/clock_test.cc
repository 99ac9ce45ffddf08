#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/unix_time.h"

namespace steelie {
namespace {

TEST(Clock, FormatsInUtc) {
  const Instant t = Instant(std::chrono::seconds(1767323045)) + std::chrono::milliseconds(10);
  EXPECT_EQ(FormatRfc3339(t), "2026-01-02T03:04:05.01Z");
  EXPECT_EQ(FormatMillis(t), "2026-01-02T03:04:05.010Z");
  EXPECT_EQ(FormatRfc3339(Instant(std::chrono::seconds(0))), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(Instant(std::chrono::seconds(-1))), "1969-12-31T23:59:59Z");
}

TEST(Clock, FormatsOnlyUnixSecondsThatFit) {
  EXPECT_EQ(FormatUnixSeconds(1767323045), "2026-01-02T03:04:05Z");
  EXPECT_EQ(FormatUnixSeconds(9'999'999'999'999), "9999999999999");
  EXPECT_EQ(FormatUnixSeconds(~std::uint64_t{0}), "18446744073709551615");
}

TEST(Clock, FakeMovesOnlyWhenTold) {
  testing::FakeClock clock;
  const Instant before = clock.Now();
  EXPECT_EQ(clock.Now(), before);
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(clock.Now() - before, std::chrono::seconds(2));
}

}  // namespace
}  // namespace steelie
