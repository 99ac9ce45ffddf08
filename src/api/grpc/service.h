#pragma once

#include "base/log.h"
#include "base/rate_limit.h"
#include "base/result.h"
#include "control/coordinator.h"
#include "secret/wipe.h"

namespace steelie::api::grpc {

/// What a unary call does: decode, call the use case, encode. Runs on a worker thread; thread-safe.
/// `message` is hostile.
class Service {
 public:
  virtual ~Service() = default;
  /// Errors: kUnimplemented for a path that is not offered.
  virtual Result<SecretBuffer> Call(std::string_view path, ByteView message, const control::Caller& caller) = 0;
};

/// `/rpc.Marble/Activate`.
class MarbleService final : public Service {
 public:
  MarbleService(control::Coordinator& coordinator, Logger& logger) : coordinator_(coordinator), logger_(logger) {}

  Result<SecretBuffer> Call(std::string_view path, ByteView message, const control::Caller& caller) override;

 private:
  control::Coordinator& coordinator_;
  Logger& logger_;
  // Lines that strangers cause.
  RateLimit requests_{500, 10};
  RateLimit refusals_{500, 2};
};

}  // namespace steelie::api::grpc
