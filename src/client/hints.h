#pragma once

#include <string>

#include "client/http.h"

namespace steelie::client {

// Internal to this folder.

/// What people can do about a refusal by a Coordinator; it is asked for its state if that was the cause. Begins with a
/// separator, so that it can be appended to a message; empty if there is no advice.
std::string RefusalHint(HttpTransport& transport, const HttpRequest& request, unsigned status,
                        const std::string& message);

}  // namespace steelie::client
