#include "marble/grpc_client.h"

#include "marble/http2_exchange.h"

namespace steelie::marble {

Result<CallResult> CallUnary(const Endpoint& endpoint, const MarbleIdentity& identity, const std::string& path,
                             ByteView message, const CallOptions& options) {
  return CallUnary(endpoint, TlsSettings(identity), path, message, options);
}

Result<CallResult> CallUnary(const Endpoint& endpoint, const TlsSettings& settings, const std::string& path,
                             ByteView message, const CallOptions& options) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  STEELIE_TRY(const auto connection, TlsClient::Connect(endpoint, settings, now() + options.connect_timeout));
  const Deadline deadline = now() + options.call_timeout;
  Http2Exchange exchange({.path = path,
                          .authority = endpoint.ToString(),
                          .timeout = options.call_timeout,
                          .message = ToBytes(message),
                          .max_response = options.max_response});
  SecretBuffer piece(std::size_t{16} << 10U);
  STEELIE_CHECK_OK(connection->Write(exchange.TakeOutput(), deadline));
  while (!exchange.finished()) {
    STEELIE_TRY(const std::size_t n, connection->Read(piece, deadline));
    if (n == 0) break;
    STEELIE_CHECK_OK(exchange.Feed(ByteView(piece).first(n)));
    // Window updates and acknowledgements; the server may be gone already once the call has its outcome.
    const auto sent = connection->Write(exchange.TakeOutput(), deadline);
    if (!sent && !exchange.finished()) return sent.error();
  }
  STEELIE_TRY(SecretBuffer response, exchange.TakeResult());
  return CallResult{std::move(response), connection->server()};
}

}  // namespace steelie::marble
