#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie::client {

// Lenient access to JSON that somebody sent, without exceptions. Internal to this folder. The names of members match
// regardless of (ASCII) case; an exact match wins. All errors are kInvalidArgument `client.json`.

/// At most 64 levels and 2,000,000 values, so that what is read takes a bounded multiple of its text's size and can be
/// walked through. Errors without the text: it may hold secrets.
Result<nlohmann::json> ParseJson(std::string_view text);
/// Compact text. Invalid UTF-8 becomes U+FFFD.
std::string DumpJson(const nlohmann::json& value);

/// The member, or null if there is none or `object` is no object.
const nlohmann::json* FindMember(const nlohmann::json& object, std::string_view name);

// The member's value; absent and null yield an empty value, another type is an error that names the member.
Result<std::string> TextMember(const nlohmann::json& object, std::string_view name);
Result<std::uint64_t> NumberMember(const nlohmann::json& object, std::string_view name);
Result<bool> BoolMember(const nlohmann::json& object, std::string_view name);
Result<std::vector<std::string>> TextListMember(const nlohmann::json& object, std::string_view name);
/// Base64.
Result<Bytes> BytesMember(const nlohmann::json& object, std::string_view name);
/// Base64; absent and null are nothing.
Result<std::optional<SecretBuffer>> SecretMember(const nlohmann::json& object, std::string_view name);
/// An object of strings; absent and null are nothing.
Result<std::optional<std::map<std::string, std::string>>> TextMapMember(const nlohmann::json& object,
                                                                        std::string_view name);

}  // namespace steelie::client
