#pragma once

#include <chrono>

#include "marble/grpc_message.h"
#include "marble/tls_client.h"

namespace steelie::marble {

struct CallOptions {
  std::chrono::milliseconds connect_timeout{10'000};  // resolution, connection, handshake
  std::chrono::milliseconds call_timeout{60'000};
  std::size_t max_response = kMaxResponse;
};

struct CallResult {
  SecretBuffer message;
  /// The certificate that the server presented in the handshake; not verified.
  Certificate server;
};

/// One unary gRPC call on a connection of its own. With settings: for many calls with one identity.
///
/// Errors: those of TlsClient and DecodeResponse: kUnavailable `activate.unreachable`, where trying again can help;
/// kDeadlineExceeded `activate.timeout`; `activate.refused` with the server's status; `activate.protocol`;
/// kResourceExhausted `activate.size`.
Result<CallResult> CallUnary(const Endpoint& endpoint, const MarbleIdentity& identity, const std::string& path,
                             ByteView message, const CallOptions& options);
Result<CallResult> CallUnary(const Endpoint& endpoint, const TlsSettings& settings, const std::string& path,
                             ByteView message, const CallOptions& options);

}  // namespace steelie::marble
