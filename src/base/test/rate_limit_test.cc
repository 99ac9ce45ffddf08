#include "base/rate_limit.h"

#include <gtest/gtest.h>

namespace steelie {
namespace {

TEST(RateLimit, ABurstThenSoManyASecond) {
  RateLimit limit(3, 0.5);
  RateLimit::Time now{std::chrono::hours(1)};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Take(now), 0U);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.Take(now));
  now += std::chrono::seconds(2);
  EXPECT_EQ(limit.Take(now), 5U) << "says how many were left out";
  EXPECT_FALSE(limit.Take(now));
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Take(now));
  EXPECT_FALSE(limit.Take(now)) << "no more than a burst gathers";
}

}  // namespace
}  // namespace steelie
