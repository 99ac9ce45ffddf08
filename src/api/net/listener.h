#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "api/net/io_threads.h"
#include "base/log.h"
#include "base/result.h"

namespace steelie::api::net {

/// A bound and listening TCP socket that hands out connections.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using OnConnection = std::function<void(Socket)>;

  /// Connections are spread over `io`, which must live longer. `address` is `host:port`, `:port` (all interfaces) or
  /// `[v6]:port`; port 0 takes a free one. Errors: kInvalidArgument `listen.address`, kUnavailable `listen.bind`.
  static Result<std::shared_ptr<Listener>> Open(IoThreads& io, const std::string& address, Logger& logger);

  /// Begins to accept; `on_connection` runs on the connection's executor.
  void Start(OnConnection on_connection);
  /// No further connections.
  void Stop();
  /// `host:port` as bound.
  std::string LocalAddress() const;

 private:
  Listener(IoThreads& io, boost::asio::ip::tcp::acceptor acceptor, Logger& logger);
  void AcceptNext();

  IoThreads& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  Logger& logger_;
  OnConnection on_connection_;
};

/// Acknowledges what has arrived now. After a handshake the server has nothing to say; a client that holds its request
/// back until its last message is acknowledged would wait for the delay of acknowledgements (40 ms).
void AcknowledgeNow(boost::asio::ip::tcp::socket& socket);

/// Splits `host:port`. Errors: kInvalidArgument `listen.address`.
struct HostPort {
  std::string host;
  std::string port;
};
Result<HostPort> SplitHostPort(const std::string& address);

}  // namespace steelie::api::net
