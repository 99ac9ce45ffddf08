#pragma once

#include <nlohmann/json_fwd.hpp>

#include "client/http.h"

namespace steelie::client {

// The envelope of the client API. Internal to this folder.

/// Sends the request and returns the member `data` of a successful answer. `not_supported`, if given, is set when the
/// answer is HTTP 405: the Coordinator does not know the path.
Result<nlohmann::json> Call(HttpTransport& transport, const HttpRequest& request, bool* not_supported = nullptr);

/// Reason phrase of a status code.
std::string StatusText(unsigned status);

}  // namespace steelie::client
