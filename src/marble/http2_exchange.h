#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "marble/grpc_message.h"

struct nghttp2_session;

namespace steelie::marble {

/// One unary gRPC call as a state machine: bytes in, bytes out, no sockets. One thread at a time.
class Http2Exchange {
 public:
  struct Request {
    std::string path;       // `/package.Service/Method`
    std::string authority;  // host and port
    /// How long the server may take; not sent if zero.
    std::chrono::milliseconds timeout{0};
    Bytes message;
    std::size_t max_response = kMaxResponse;
  };

  explicit Http2Exchange(Request request);
  ~Http2Exchange();
  Http2Exchange(const Http2Exchange&) = delete;
  Http2Exchange& operator=(const Http2Exchange&) = delete;

  /// What is to be sent now.
  Bytes TakeOutput();
  /// Bytes that arrived (hostile). Errors: kInternal `activate.protocol`.
  Status Feed(ByteView bytes);
  /// Whether the call has an outcome; nothing more need be sent or fed.
  bool finished() const;
  /// The outcome; call when finished, or when the connection has ended.
  Result<SecretBuffer> TakeResult();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace steelie::marble
