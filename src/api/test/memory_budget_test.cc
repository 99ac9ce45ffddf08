#include "api/rest/memory_budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace steelie::api::rest {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

TEST(MemoryBudget, FewLargeRequestsAtOnce) {
  MemoryBudget budget({.large_requests = 2});
  auto first = budget.TakeRequest(40 * kMiB, false);
  auto second = budget.TakeRequest(40 * kMiB, true);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(budget.TakeRequest(kMiB + 1, true));
  EXPECT_TRUE(budget.TakeRequest(kMiB, false)) << "others go on";
  first->Release();
  first->Release();
  auto third = budget.TakeRequest(40 * kMiB, false);
  EXPECT_TRUE(third);
  EXPECT_FALSE(budget.TakeRequest(40 * kMiB, false));
}

TEST(MemoryBudget, StrangersShareWhatIsLeftToThem) {
  MemoryBudget budget({.stranger_bytes = 2 * kMiB});
  std::vector<MemoryBudget::Lease> held;
  for (int i = 0; i < 2; ++i) held.push_back(*budget.TakeRequest(kMiB, false));
  EXPECT_FALSE(budget.TakeRequest(MemoryBudget::kFree + 1, false));
  EXPECT_TRUE(budget.TakeRequest(MemoryBudget::kFree, false)) << "recovery and counters get through";
  EXPECT_TRUE(budget.TakeRequest(kMiB, true)) << "users do not wait for strangers";
  held.pop_back();
  EXPECT_TRUE(budget.TakeRequest(kMiB, false));
}

TEST(MemoryBudget, AnswersAreCountedByTheirSize) {
  MemoryBudget budget({.answer_bytes = 10 * kMiB});
  {
    const auto whole = budget.TakeAnswer(40 * kMiB);
    EXPECT_TRUE(whole) << "one is never too large";
    EXPECT_FALSE(budget.TakeAnswer(2 * kMiB));
    EXPECT_TRUE(budget.TakeAnswer(kMiB)) << "small ones are not counted";
  }
  const auto small = budget.TakeAnswer(2 * kMiB);
  EXPECT_TRUE(small);
  EXPECT_FALSE(budget.TakeAnswer(9 * kMiB));
}

TEST(MemoryBudget, ALeaseMayOutliveItsBudget) {
  std::optional<MemoryBudget::Lease> lease;
  {
    MemoryBudget budget;
    lease = budget.TakeRequest(2 * kMiB, false);
  }
  lease->Release();
}

}  // namespace
}  // namespace steelie::api::rest
