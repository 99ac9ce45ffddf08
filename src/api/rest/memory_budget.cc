#include "api/rest/memory_budget.h"

#include <array>

namespace steelie::api::rest {

struct MemoryBudget::Pools {
  Mutex mutex;
  std::array<std::size_t, 3> used STEELIE_GUARDED_BY(mutex) = {};
};

MemoryBudget::MemoryBudget(Limits limits) : limits_(limits), pools_(std::make_shared<Pools>()) {}

void MemoryBudget::Lease::Release() {
  const std::shared_ptr<Pools> pools = std::exchange(pools_, nullptr);
  if (pools == nullptr) return;
  MutexLock lock(pools->mutex);
  pools->used[static_cast<std::size_t>(which_)] -= amount_;
}

std::optional<MemoryBudget::Lease> MemoryBudget::TakeRequest(std::size_t bytes, bool known_user) {
  if (bytes > kLarge) return Take(Lease::Pool::kLarge, 1, limits_.large_requests);
  if (bytes <= kFree || known_user) return Lease();
  return Take(Lease::Pool::kStrangers, bytes, limits_.stranger_bytes);
}

std::optional<MemoryBudget::Lease> MemoryBudget::TakeAnswer(std::size_t bytes) {
  if (bytes <= kLarge) return Lease();
  return Take(Lease::Pool::kAnswers, bytes, limits_.answer_bytes);
}

std::optional<MemoryBudget::Lease> MemoryBudget::Take(Lease::Pool which, std::size_t amount, std::size_t limit) {
  MutexLock lock(pools_->mutex);
  std::size_t& used = pools_->used[static_cast<std::size_t>(which)];
  // The first one always fits: otherwise it would never be served.
  if (used > 0 && (used >= limit || amount > limit - used)) return std::nullopt;
  used += amount;
  Lease lease;
  lease.pools_ = pools_;
  lease.which_ = which;
  lease.amount_ = amount;
  return lease;
}

}  // namespace steelie::api::rest
