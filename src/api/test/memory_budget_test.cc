#include "api/rest/memory_budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace steelie::api::rest {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

using Sender = MemoryBudget::Sender;

const Sender kStranger{"192.0.2.1", false};
const Sender kOther{"192.0.2.2", false};
const Sender kThird{"192.0.2.3", false};
const Sender kUser{"192.0.2.1", true};

TEST(MemoryBudget, FewLargeRequestsAtOnce) {
  MemoryBudget budget({.large_requests = 2});
  auto first = budget.TakeRequest(40 * kMiB, kStranger);
  auto second = budget.TakeRequest(40 * kMiB, kOther);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(budget.TakeRequest(kMiB + 1, kThird));
  EXPECT_TRUE(budget.TakeRequest(kMiB, kStranger)) << "others go on";
  first->Release();
  first->Release();
  auto third = budget.TakeRequest(40 * kMiB, kThird);
  EXPECT_TRUE(third);
  EXPECT_FALSE(budget.TakeRequest(40 * kMiB, kStranger));
}

TEST(MemoryBudget, OnePeerHasOneLargeRequest) {
  MemoryBudget budget;
  auto first = budget.TakeRequest(40 * kMiB, kStranger);
  ASSERT_TRUE(first);
  EXPECT_FALSE(budget.TakeRequest(40 * kMiB, kStranger));
  EXPECT_FALSE(budget.TakeRequest(40 * kMiB, kUser)) << "users too";
  EXPECT_TRUE(budget.TakeRequest(40 * kMiB, kOther));
  first->Release();
  EXPECT_TRUE(budget.TakeRequest(40 * kMiB, kStranger));
}

TEST(MemoryBudget, StrangersShareWhatIsLeftToThem) {
  MemoryBudget budget({.stranger_bytes = 2 * kMiB});
  std::vector<MemoryBudget::Lease> held;
  for (int i = 0; i < 2; ++i) held.push_back(*budget.TakeRequest(kMiB, kStranger));
  EXPECT_FALSE(budget.TakeRequest(MemoryBudget::kFree + 1, kOther));
  EXPECT_TRUE(budget.TakeRequest(MemoryBudget::kFree, kOther)) << "recovery and counters get through";
  EXPECT_TRUE(budget.TakeRequest(kMiB, kUser)) << "users do not wait for strangers";
  held.pop_back();
  EXPECT_TRUE(budget.TakeRequest(kMiB, kOther));
}

TEST(MemoryBudget, OneStrangerHasAShareOfIt) {
  MemoryBudget budget({.stranger_bytes = 5 * kMiB, .stranger_bytes_of_peer = 2 * kMiB});
  std::vector<MemoryBudget::Lease> held;
  for (int i = 0; i < 2; ++i) held.push_back(*budget.TakeRequest(kMiB, kStranger));
  EXPECT_FALSE(budget.TakeRequest(MemoryBudget::kFree + 1, kStranger));
  for (int i = 0; i < 2; ++i) held.push_back(*budget.TakeRequest(kMiB, kOther));
  EXPECT_FALSE(budget.TakeRequest(MemoryBudget::kFree + 1, kOther));
  EXPECT_TRUE(budget.TakeRequest(kMiB, kThird));
  held.clear();
  EXPECT_TRUE(budget.TakeRequest(kMiB, kStranger));
}

TEST(MemoryBudget, AnswersAreCountedByTheirSize) {
  MemoryBudget budget({.stranger_answer_bytes = 10 * kMiB});
  {
    const auto whole = budget.TakeAnswer(40 * kMiB, kStranger);
    EXPECT_TRUE(whole) << "one is never too large";
    EXPECT_FALSE(budget.TakeAnswer(2 * kMiB, kOther));
    EXPECT_TRUE(budget.TakeAnswer(kMiB, kOther)) << "small ones are not counted";
  }
  const auto small = budget.TakeAnswer(2 * kMiB, kStranger);
  EXPECT_TRUE(small);
  EXPECT_FALSE(budget.TakeAnswer(9 * kMiB, kOther));
}

TEST(MemoryBudget, StrangersWhoDoNotReadLeaveAnswersToOthers) {
  MemoryBudget budget;
  std::vector<MemoryBudget::Lease> held;
  const auto fill = [&](const Sender& sender) {
    int taken = 0;
    for (auto lease = budget.TakeAnswer(16 * kMiB, sender); lease; lease = budget.TakeAnswer(16 * kMiB, sender)) {
      held.push_back(std::move(*lease));
      ++taken;
    }
    return taken;
  };
  EXPECT_EQ(fill(kStranger), 4);
  EXPECT_EQ(fill(kOther), 4);
  EXPECT_EQ(fill(kThird), 4);
  EXPECT_EQ(fill({"192.0.2.4", false}), 0) << "strangers have no more";
  EXPECT_EQ(fill(kUser), 4) << "a user has what is left";
}

TEST(MemoryBudget, ALeaseMayOutliveItsBudget) {
  std::optional<MemoryBudget::Lease> lease;
  {
    MemoryBudget budget;
    lease = budget.TakeRequest(2 * kMiB, kStranger);
  }
  lease->Release();
}

}  // namespace
}  // namespace steelie::api::rest
