#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <string>

namespace steelie::api::grpc {

/// Memory for request bodies, divided: all together, those of one peer, those of one connection. So one peer can use up
/// its share and nobody else's. Thread-safe.
class RequestBudget {
 public:
  struct Limits {
    std::size_t total = std::size_t{128} << 20U;
    std::size_t peer = std::size_t{32} << 20U;
    std::size_t connection = std::size_t{12} << 20U;
  };

 private:
  struct State;

 public:
  /// What one connection holds. May outlive the budget.
  class Account {
   public:
    Account(std::shared_ptr<State> state, std::string peer);
    ~Account();
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    /// False if that would be too much; then nothing was taken.
    bool Take(std::size_t bytes);
    void Give(std::size_t bytes);

   private:
    const std::shared_ptr<State> state_;
    const std::string peer_;
    std::size_t used_ = 0;  // guarded by the state's mutex
  };

  explicit RequestBudget(Limits limits);

  /// For a connection of this peer (net::PeerOf).
  std::shared_ptr<Account> Open(const boost::asio::ip::address& peer) const;
  /// Bytes held now.
  std::size_t used() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace steelie::api::grpc
