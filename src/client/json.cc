#include "client/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace steelie::client {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
// Each takes many times the memory of its text.
constexpr std::size_t kMaxValues = 2'000'000;

// Looks at brackets and commas outside strings only; the parser does the rest.
Status CheckSize(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return Error(Code::kInvalidArgument, "client.json", "JSON nested more than 64 levels");
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    } else if (c == ',' && ++values > kMaxValues) {
      return Error(Code::kInvalidArgument, "client.json", "JSON with more than 2000000 values");
    }
  }
  return Ok();
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

Error Wrong(std::string_view name, std::string_view expected) {
  return Error(Code::kInvalidArgument, "client.json",
               "the JSON member \"" + std::string(name) + "\" is not " + std::string(expected));
}

// The member if it is there and not null.
const json* Present(const json& object, std::string_view name) {
  const json* value = FindMember(object, name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<json> ParseJson(std::string_view text) {
  STEELIE_CHECK_OK(CheckSize(text));
  json value = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return Error(Code::kInvalidArgument, "client.json", "not valid JSON");
  return value;
}

std::string DumpJson(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

const json* FindMember(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto exact = object.find(name);
  if (exact != object.end()) return &*exact;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (SameName(it.key(), name)) return &*it;
  }
  return nullptr;
}

Result<std::string> TextMember(const json& object, std::string_view name) {
  const json* value = Present(object, name);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return Wrong(name, "a string");
  return value->get_ref<const std::string&>();
}

Result<std::uint64_t> NumberMember(const json& object, std::string_view name) {
  const json* value = Present(object, name);
  if (value == nullptr) return std::uint64_t{0};
  if (!value->is_number_unsigned()) return Wrong(name, "a non-negative integer");
  return *value->get_ptr<const json::number_unsigned_t*>();
}

Result<bool> BoolMember(const json& object, std::string_view name) {
  const json* value = Present(object, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return Wrong(name, "true or false");
  return *value->get_ptr<const json::boolean_t*>();
}

Result<std::vector<std::string>> TextListMember(const json& object, std::string_view name) {
  std::vector<std::string> out;
  const json* value = Present(object, name);
  if (value == nullptr) return out;
  if (!value->is_array()) return Wrong(name, "a list of strings");
  for (const json& element : *value) {
    if (!element.is_string()) return Wrong(name, "a list of strings");
    out.push_back(element.get_ref<const std::string&>());
  }
  return out;
}

Result<Bytes> BytesMember(const json& object, std::string_view name) {
  STEELIE_TRY(const std::string text, TextMember(object, name));
  Result<Bytes> bytes = Base64Decode(text);
  if (!bytes) return Wrong(name, "base64");
  return bytes;
}

Result<std::optional<SecretBuffer>> SecretMember(const json& object, std::string_view name) {
  const json* value = Present(object, name);
  if (value == nullptr) return std::optional<SecretBuffer>();
  if (!value->is_string()) return Wrong(name, "a string");
  Result<Bytes> bytes = Base64Decode(value->get_ref<const std::string&>());
  if (!bytes) return Wrong(name, "base64");
  std::optional<SecretBuffer> out(std::in_place, bytes->begin(), bytes->end());
  Wipe(bytes->data(), bytes->size());
  return out;
}

Result<std::optional<std::map<std::string, std::string>>> TextMapMember(const json& object, std::string_view name) {
  const json* value = Present(object, name);
  if (value == nullptr) return std::optional<std::map<std::string, std::string>>();
  if (!value->is_object()) return Wrong(name, "an object of strings");
  std::map<std::string, std::string> out;
  for (auto it = value->begin(); it != value->end(); ++it) {
    if (!it->is_string()) return Wrong(name, "an object of strings");
    out.emplace(it.key(), it->get_ref<const std::string&>());
  }
  return std::optional(std::move(out));
}

}  // namespace steelie::client
