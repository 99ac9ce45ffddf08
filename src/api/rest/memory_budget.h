#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace steelie::api::rest {

/// Memory for bodies, shared over all connections: a limit per connection alone would be multiplied by the number of
/// connections. Thread-safe.
///
/// Requests under kFree are not counted, so that recovery secrets and counters always get through.
class MemoryBudget {
 public:
  struct Limits {
    /// Requests above kLarge, that is manifests, at once.
    std::size_t large_requests = 2;
    /// Bytes of other requests of strangers together.
    std::size_t stranger_bytes = std::size_t{64} << 20U;
    /// Bytes of answers above kLarge together.
    std::size_t answer_bytes = std::size_t{256} << 20U;
  };
  static constexpr std::size_t kFree = std::size_t{32} << 10U;
  static constexpr std::size_t kLarge = std::size_t{1} << 20U;

 private:
  struct Pools;

 public:
  /// What one body holds of the budget; given back at its end.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pools_(std::move(other.pools_)), which_(other.which_), amount_(other.amount_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(pools_, other.pools_);
      std::swap(which_, other.which_);
      std::swap(amount_, other.amount_);
      return *this;
    }
    ~Lease() { Release(); }

    void Release();

   private:
    friend class MemoryBudget;
    enum class Pool { kLarge, kStrangers, kAnswers };

    std::shared_ptr<Pools> pools_;
    Pool which_ = Pool::kLarge;
    std::size_t amount_ = 0;
  };

  MemoryBudget() : MemoryBudget(Limits()) {}
  explicit MemoryBudget(Limits limits);

  /// For a request body of up to `bytes`. Nothing: not now.
  std::optional<Lease> TakeRequest(std::size_t bytes, bool known_user);
  /// For an answer of about `bytes`. A single answer is never too large. Nothing: not now.
  std::optional<Lease> TakeAnswer(std::size_t bytes);

 private:
  std::optional<Lease> Take(Lease::Pool which, std::size_t amount, std::size_t limit);

  const Limits limits_;
  std::shared_ptr<Pools> pools_;
};

}  // namespace steelie::api::rest
