#include "api/grpc/request_budget.h"

#include <algorithm>
#include <map>

#include "api/net/peer.h"
#include "base/mutex.h"

namespace steelie::api::grpc {

struct RequestBudget::State {
  explicit State(Limits l) : limits(l) {}

  const Limits limits;
  mutable Mutex mutex;
  std::size_t total STEELIE_GUARDED_BY(mutex) = 0;
  std::map<std::string, std::size_t> peers STEELIE_GUARDED_BY(mutex);  // those that hold something
};

RequestBudget::RequestBudget(Limits limits) : state_(std::make_shared<State>(limits)) {}

std::shared_ptr<RequestBudget::Account> RequestBudget::Open(const boost::asio::ip::address& peer) const {
  return std::make_shared<Account>(state_, net::PeerOf(peer));
}

std::size_t RequestBudget::used() const {
  MutexLock lock(state_->mutex);
  return state_->total;
}

RequestBudget::Account::Account(std::shared_ptr<State> state, std::string peer)
    : state_(std::move(state)), peer_(std::move(peer)) {}

RequestBudget::Account::~Account() { Give(used_); }

bool RequestBudget::Account::Take(std::size_t bytes) {
  const auto fits = [&](std::size_t used, std::size_t limit) { return used <= limit && bytes <= limit - used; };
  if (bytes == 0) return true;
  MutexLock lock(state_->mutex);
  const Limits& limits = state_->limits;
  const auto at = state_->peers.find(peer_);
  const std::size_t of_peer = at == state_->peers.end() ? 0 : at->second;
  if (!fits(used_, limits.connection) || !fits(of_peer, limits.peer) || !fits(state_->total, limits.total))
    return false;
  used_ += bytes;
  state_->peers[peer_] = of_peer + bytes;
  state_->total += bytes;
  return true;
}

void RequestBudget::Account::Give(std::size_t bytes) {
  if (bytes == 0) return;
  MutexLock lock(state_->mutex);
  used_ -= bytes;
  state_->total -= bytes;
  const auto at = state_->peers.find(peer_);
  at->second -= bytes;
  if (at->second == 0) state_->peers.erase(at);
}

}  // namespace steelie::api::grpc
