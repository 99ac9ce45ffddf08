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

/// What is known about a request before its body is read.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::size_t body_size = 0;  // the largest number if the body comes in chunks: nobody knows then
  const control::Caller& caller;
};

/// What is decided about it then.
struct Admission {
  /// Bytes of body that it may have.
  std::size_t body_limit = 0;
  /// The caller is a user of the manifest in force.
  bool known_user = false;
  /// About how large its answer will be, if it may be large.
  std::size_t answer_bytes = 0;
  /// The answer to a larger body, if it is another one than 413.
  std::optional<Response> refusal;
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
