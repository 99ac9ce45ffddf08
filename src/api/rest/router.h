#pragma once

#include <functional>
#include <string_view>

#include "api/rest/message.h"
#include "base/log.h"
#include "control/coordinator.h"

namespace steelie::api::rest {

/// The client API, v1 and v2: parses requests, calls one use case, maps the outcome. Thread-safe; a call may block.
/// Hostile: everything in a request.
class Router {
 public:
  Router(control::Coordinator& coordinator, Logger& logger) : coordinator_(coordinator), logger_(logger) {}

  Response Handle(const Request& request) const;

  /// How many bytes of body a request to this path may have.
  static std::size_t BodyLimit(std::string_view target);
  /// The same for this caller now: a large body is taken only from a known user, or while a manifest can be set.
  std::size_t BodyLimit(std::string_view target, const control::Caller& caller) const;
  /// The registered path of a target for metrics, or empty.
  static std::string_view KnownPath(std::string_view target);

 private:
  control::Coordinator& coordinator_;
  Logger& logger_;
};

}  // namespace steelie::api::rest
