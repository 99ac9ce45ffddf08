#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "api/grpc/request_budget.h"
#include "api/grpc/service.h"
#include "api/net/listener.h"
#include "base/log.h"
#include "base/mutex.h"
#include "control/coordinator.h"

namespace boost::asio {
class thread_pool;
}

namespace steelie::api::grpc {

/// How many bytes and calls one peer may have under way, and for how long.
struct ServerLimits {
  std::chrono::seconds handshake{20};
  std::chrono::seconds idle{300};
  /// From a call's first byte to its last.
  std::chrono::seconds request{120};
  /// Until the peer has read an answer. Later it is disconnected: an answer that nobody reads is memory held for it.
  std::chrono::seconds answer{60};
  std::uint32_t concurrent_streams = 100;
  std::size_t max_connections = 10'000;
  /// Request bodies; a call beyond that is refused.
  RequestBudget::Limits request_bytes = {};
  /// Answers that wait for one peer to read them; further calls of this connection are refused.
  std::size_t unread_bytes = std::size_t{16} << 20U;
  /// Frames waiting for a peer that does not read.
  std::size_t queued_frames = 2'000;
};

/// Number of calls by outcome, for metrics. Thread-safe.
class CallCounter {
 public:
  virtual ~CallCounter() = default;
  virtual void CallStarted() = 0;
  virtual void CallFinished(Code code, bool ok) = 0;
};

struct ServerState;

/// A gRPC server for unary calls: our own TLS listener with nghttp2. A connection stays on its thread; calls run on
/// the workers.
class Server {
 public:
  Server(std::shared_ptr<net::Listener> listener, std::unique_ptr<boost::asio::ssl::context> tls, Service& service,
         boost::asio::thread_pool& workers, Logger& logger, CallCounter* counter, ServerLimits limits = {});
  ~Server();

  void Start();
  /// No new connections; calls under way go on.
  void Stop();
  /// What is held of requests now, and how many connections there are.
  std::size_t request_bytes() const;
  std::size_t connections() const;

 private:
  std::shared_ptr<ServerState> shared_;
};

}  // namespace steelie::api::grpc
