#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "crypto/x509.h"
#include "marble/identity.h"

struct ssl_ctx_st;

namespace steelie::marble {

using Deadline = std::chrono::steady_clock::time_point;

/// Where a server is.
struct Endpoint {
  std::string host;
  std::string port;

  /// `host:port`, `[IPv6]:port`, or either behind `dns:///`. Errors: kInvalidArgument `marble.address`.
  static Result<Endpoint> Parse(std::string_view address);
  std::string ToString() const;
};

/// What the marble's side of TLS needs besides a connection. For many connections with one identity; cheap to copy,
/// thread-safe.
class TlsSettings {
 public:
  explicit TlsSettings(const MarbleIdentity& identity);

  ssl_ctx_st* native() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

/// A TLS connection (1.2 or 1.3, ALPN `h2`) that presents the marble's certificate.
///
/// The server is NOT authenticated here: whoever needs to know who it is looks at `server()` (marble/pin.h). Blocking,
/// with deadlines; one thread at a time. Raises no SIGPIPE.
class TlsClient {
 public:
  /// Errors: kUnavailable `activate.unreachable` names what failed: name resolution, connection, handshake, time;
  /// kInternal `activate.protocol` the server does not offer HTTP/2.
  static Result<std::unique_ptr<TlsClient>> Connect(const Endpoint& endpoint, const TlsSettings& settings,
                                                    Deadline deadline);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// The certificate whose key the server has proven to hold.
  const Certificate& server() const { return *server_; }

  /// Sends everything. Errors: kUnavailable `activate.unreachable`; kDeadlineExceeded `activate.timeout`.
  Status Write(ByteView bytes, Deadline deadline);
  /// At least one byte, as many as have arrived and fit; 0 at the end of the connection. Errors: as Write.
  Result<std::size_t> Read(MutableByteView out, Deadline deadline);

 private:
  struct Tls;
  TlsClient(int fd, const Endpoint& endpoint);

  Status Handshake(const TlsSettings& settings, const std::string& host, Deadline deadline);
  Status Flush(Deadline deadline);
  Result<bool> Receive(Deadline deadline);

  int fd_;
  std::string peer_;
  std::unique_ptr<Tls> tls_;
  std::optional<Certificate> server_;
};

}  // namespace steelie::marble
