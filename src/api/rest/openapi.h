#pragma once

#include <string_view>

namespace steelie::api::rest {

/// The OpenAPI 3.1 description of the client API: openapi.json of this folder, byte for byte.
std::string_view OpenApiDocument();

}  // namespace steelie::api::rest
