#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelie::client {

/// Appends a JSON string, escaped as Go's encoding/json does (also `<`, `>`, `&`, U+2028, U+2029), so that a converted
/// manifest has the bytes that the reference tool makes. Invalid UTF-8 becomes U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

/// A JSON object or array under construction, compact, members in the order added. For what commands print.
class JsonObject {
 public:
  JsonObject& Add(std::string_view name, std::string_view value);
  JsonObject& Add(std::string_view name, const char* value) { return Add(name, std::string_view(value)); }
  JsonObject& Add(std::string_view name, const std::string& value) { return Add(name, std::string_view(value)); }
  JsonObject& Add(std::string_view name, std::uint64_t value);
  JsonObject& Add(std::string_view name, bool value);
  JsonObject& Add(std::string_view name, const std::vector<std::string>& values);
  /// `json` must be one complete JSON value.
  JsonObject& AddRaw(std::string_view name, std::string_view json);
  JsonObject& AddNull(std::string_view name) { return AddRaw(name, "null"); }

  std::string Text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

/// `[a,b]` of complete JSON values.
std::string JsonArray(const std::vector<std::string>& values);

}  // namespace steelie::client
