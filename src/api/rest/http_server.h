#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>

#include "api/net/listener.h"
#include "api/rest/memory_budget.h"
#include "api/rest/message.h"
#include "base/log.h"

namespace boost::asio {
class thread_pool;
}

namespace steelie::api::rest {

/// What the HTTP server serves.
struct Handlers {
  /// Called on worker threads.
  std::function<Response(const Request&)> handle;
  /// Called for every request before its body is read; must be quick.
  std::function<Admission(const RequestHead&)> admit;
  /// Told when a request begins and ends, for metrics. May be empty.
  std::function<void(std::string_view target)> started;
  std::function<void(const Request&, const Response&, std::chrono::nanoseconds)> finished;
  /// Told of a request that is refused before it was read whole. May be empty; target and method too, if they could not
  /// be read.
  std::function<void(std::string_view method, std::string_view target, const Response&)> unread;
};

struct HttpLimits {
  std::chrono::seconds handshake{20};
  std::chrono::seconds header{20};  // also how long a kept-alive connection may be idle
  std::chrono::seconds body{120};
  std::chrono::seconds answer{120};  // also for a peer that does not read
  std::size_t header_bytes = std::size_t{64} << 10U;
  std::size_t max_connections = 10'000;
  MemoryBudget::Limits memory = {};
};

struct HttpServerState;

/// HTTP/1.1, over TLS if a context is given. Slow or oversized requests are answered 408, 413 or 431 and closed; what
/// exceeds the memory of a peer's or all connections together 503 `request.busy` with `Retry-After`.
class HttpServer {
 public:
  HttpServer(std::shared_ptr<net::Listener> listener, std::unique_ptr<boost::asio::ssl::context> tls, Handlers handlers,
             boost::asio::thread_pool& workers, Logger& logger, HttpLimits limits = {});
  ~HttpServer();

  void Start();
  /// No new connections; requests under way are answered.
  void Stop();
  std::size_t connections() const;

 private:
  std::shared_ptr<HttpServerState> state_;
};

}  // namespace steelie::api::rest
