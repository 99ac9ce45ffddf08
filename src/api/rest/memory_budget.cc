#include "api/rest/memory_budget.h"

#include <array>
#include <map>

namespace steelie::api::rest {
namespace {

// The first one always fits: otherwise it would never be served.
bool Fits(std::size_t amount, std::size_t used, std::size_t limit) {
  return used == 0 || (used < limit && amount <= limit - used);
}

struct Use {
  std::size_t all = 0;
  std::map<std::string, std::size_t> peers;  // those that hold something
};

}  // namespace

struct MemoryBudget::Pools {
  Mutex mutex;
  std::array<Use, 3> used STEELIE_GUARDED_BY(mutex) = {};
};

MemoryBudget::MemoryBudget(Limits limits) : limits_(limits), pools_(std::make_shared<Pools>()) {}

void MemoryBudget::Lease::Release() {
  const std::shared_ptr<Pools> pools = std::exchange(pools_, nullptr);
  if (pools == nullptr) return;
  MutexLock lock(pools->mutex);
  Use& use = pools->used[static_cast<std::size_t>(held_.pool)];
  use.all -= held_.amount;
  const auto at = use.peers.find(held_.peer);
  if (at == use.peers.end()) return;
  at->second -= held_.amount;
  if (at->second == 0) use.peers.erase(at);
}

std::optional<MemoryBudget::Lease> MemoryBudget::TakeRequest(std::size_t bytes, const Sender& sender) {
  if (bytes > kLarge)
    return Take({Pool::kLarge, sender.peer, 1}, limits_.large_requests, limits_.large_requests_of_peer);
  if (bytes <= kFree || sender.known_user) return Lease();
  return Take({Pool::kStrangers, sender.peer, bytes}, limits_.stranger_bytes, limits_.stranger_bytes_of_peer);
}

std::optional<MemoryBudget::Lease> MemoryBudget::TakeAnswer(std::size_t bytes, const Sender& sender) {
  if (bytes <= kLarge) return Lease();
  if (sender.known_user) return Take({Pool::kAnswers, {}, bytes}, limits_.answer_bytes, limits_.answer_bytes);
  return Take({Pool::kAnswers, sender.peer, bytes}, limits_.stranger_answer_bytes,
              limits_.stranger_answer_bytes_of_peer);
}

std::optional<MemoryBudget::Lease> MemoryBudget::Take(Holding wanted, std::size_t limit, std::size_t limit_of_peer) {
  MutexLock lock(pools_->mutex);
  Use& use = pools_->used[static_cast<std::size_t>(wanted.pool)];
  const auto at = use.peers.find(wanted.peer);
  const std::size_t of_peer = at == use.peers.end() ? 0 : at->second;
  if (!Fits(wanted.amount, use.all, limit) || !Fits(wanted.amount, of_peer, limit_of_peer)) return std::nullopt;
  use.all += wanted.amount;
  if (!wanted.peer.empty()) use.peers[wanted.peer] = of_peer + wanted.amount;
  Lease lease;
  lease.pools_ = pools_;
  lease.held_ = std::move(wanted);
  return lease;
}

}  // namespace steelie::api::rest
