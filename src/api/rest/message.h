#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "control/coordinator.h"

namespace steelie::api::rest {

/// A request as the router sees it: complete, from whatever transport.
struct Request {
  std::string method;
  std::string target;  // path and query as sent
  std::string body;
  control::Caller caller;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// `%XX` and `+` decoded; nothing if malformed.
std::optional<std::string> DecodeQueryComponent(std::string_view text);

struct QueryParameter {
  std::string name;
  std::string value;
};
/// Parameters in order. Malformed ones are left out, as Go's query parser does.
std::vector<QueryParameter> ParseQuery(std::string_view query);

}  // namespace steelie::api::rest
