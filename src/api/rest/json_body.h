#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::api::rest {

/// The first JSON value of a body, whatever follows it. Hostile bytes: bounded depth, no exceptions.
/// Errors: kInvalidArgument `request.json`, with the texts `EOF` and `unexpected EOF` that clients know.
Result<nlohmann::json> ParseFirstValue(std::string_view body);

/// The member of an object by name: exact spelling first, else any case. Null if absent, or if `object` is null.
const nlohmann::json* FindMember(const nlohmann::json& object, std::string_view name);

/// Bytes given as base64 text or as an array of numbers; nothing for an absent or null member.
/// Errors: kInvalidArgument `request.json`.
Result<std::optional<Bytes>> BytesMember(const nlohmann::json& object, std::string_view name);
Result<std::string> StringMember(const nlohmann::json& object, std::string_view name);
Result<std::uint64_t> UnsignedMember(const nlohmann::json& object, std::string_view name);

}  // namespace steelie::api::rest
