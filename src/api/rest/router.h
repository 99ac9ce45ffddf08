#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/rest/message.h"
#include "api/rest/request_log.h"
#include "base/log.h"
#include "base/rate_limit.h"
#include "control/coordinator.h"

namespace steelie::api::rest {

/// The client API, v1 and v2: parses requests, calls one use case, maps the outcome. Thread-safe; a call may block.
/// Hostile: everything in a request.
class Router {
 public:
  Router(control::Coordinator& coordinator, Logger& logger)
      : coordinator_(coordinator), logger_(logger), log_(logger) {}

  Response Handle(const Request& request) const;

  /// What is allowed before the body is read. Large bodies are taken only where their answer depends on them: a
  /// manifest while one can be set, an update from a user who may make one. Otherwise a large body gets the answer at
  /// once that it would get anyway. Small bodies are read first, as clients are used to.
  Admission Admit(const RequestHead& head) const;
  /// For the log: a request was answered without being handled.
  void Unhandled(std::string_view method, std::string_view target, const Response& response) const;
  /// The registered path of a target for metrics, or empty.
  static std::string_view KnownPath(std::string_view target);

  struct Endpoint {
    std::string_view method;
    std::string_view path;
    std::size_t body_limit;  // 0 if no body has a meaning
  };
  /// Everything that is served, to compare with its description.
  static std::vector<Endpoint> Endpoints();

 private:
  control::Coordinator& coordinator_;
  Logger& logger_;
  mutable RequestLog log_;
  mutable RateLimit deprecated_{100, 1};  // lines about deprecated paths
};

}  // namespace steelie::api::rest
