#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/rest/message.h"

namespace steelie::api::rest {

// The JSend envelopes that existing clients read.

/// `{"status":"success","data":...}`.
Response Success(const nlohmann::json& data);
/// `{"status":"error","data":null,"message":...}` as text/plain. The reason id travels in the header
/// `X-Steelie-Reason`.
Response ErrorEnvelope(int status, const std::string& message, const std::string& reason);
/// `{"status":"fail",...}`: malformed input and missing authentication in v2.
Response FailEnvelope(int status, const nlohmann::json& data, const std::string& message, const std::string& reason);
/// 405, with the methods that the path knows.
Response MethodNotAllowed(std::string_view allowed);

/// HTTP status of an error's code, for v2.
int HttpStatus(Code code);

/// How a failed use case is answered in v2: authentication and malformed requests `fail`, the rest `error`.
Response ErrorV2(const Error& error);
/// In v1: 401 and `business_status` for everything that is the client's fault.
Response ErrorV1(const Error& error, int business_status);

/// Standard base64, or null for nothing.
nlohmann::json Base64OrNull(ByteView bytes);

}  // namespace steelie::api::rest
