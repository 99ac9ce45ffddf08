#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"

namespace steelie::api::rest {

/// Memory for bodies, shared over all connections: a limit per connection alone would be multiplied by the number of
/// connections. One peer has only a share of it, so that others are served whatever it does. Thread-safe.
///
/// Requests under kFree are not counted, so that recovery secrets and counters always get through.
class MemoryBudget {
 public:
  struct Limits {
    /// Requests above kLarge, that is manifests, at once.
    std::size_t large_requests = 2;
    /// Of these, those of one peer, also of a user: whoever stalls in the middle of one holds up nobody else.
    std::size_t large_requests_of_peer = 1;
    /// Bytes of other requests of strangers together.
    std::size_t stranger_bytes = std::size_t{64} << 20U;
    std::size_t stranger_bytes_of_peer = std::size_t{16} << 20U;
    /// Bytes of answers above kLarge together.
    std::size_t answer_bytes = std::size_t{256} << 20U;
    /// As much of it as strangers may fill; what is above is left to users.
    std::size_t stranger_answer_bytes = std::size_t{192} << 20U;
    std::size_t stranger_answer_bytes_of_peer = std::size_t{64} << 20U;
  };
  /// Who sends a request.
  struct Sender {
    std::string peer;  // net::PeerOf
    bool known_user = false;
  };
  static constexpr std::size_t kFree = std::size_t{32} << 10U;
  static constexpr std::size_t kLarge = std::size_t{1} << 20U;

 private:
  enum class Pool { kLarge, kStrangers, kAnswers };
  struct Pools;
  struct Holding {
    Pool pool = Pool::kLarge;
    std::string peer;  // empty: counts towards no peer's share
    std::size_t amount = 0;
  };

 public:
  /// What one body holds of the budget; given back at its end.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pools_(std::move(other.pools_)), held_(std::move(other.held_)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(pools_, other.pools_);
      std::swap(held_, other.held_);
      return *this;
    }
    ~Lease() { Release(); }

    void Release();

   private:
    friend class MemoryBudget;

    std::shared_ptr<Pools> pools_;
    Holding held_;
  };

  MemoryBudget() : MemoryBudget(Limits()) {}
  explicit MemoryBudget(Limits limits);

  /// For a request body of up to `bytes`. Nothing: not now.
  std::optional<Lease> TakeRequest(std::size_t bytes, const Sender& sender);
  /// For an answer of about `bytes`. A single answer is never too large. Nothing: not now.
  std::optional<Lease> TakeAnswer(std::size_t bytes, const Sender& sender);

 private:
  std::optional<Lease> Take(Holding wanted, std::size_t limit, std::size_t limit_of_peer);

  const Limits limits_;
  std::shared_ptr<Pools> pools_;
};

}  // namespace steelie::api::rest
