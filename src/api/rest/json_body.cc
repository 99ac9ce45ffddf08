#include "api/rest/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace steelie::api::rest {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
// Each becomes an object of many times its text's size.
constexpr std::size_t kMaxValues = 100'000;

Error Bad(const std::string& why) { return Error(Code::kInvalidArgument, "request.json", why); }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// End of the first value: brackets are counted outside strings. What is between is checked by the real parser.
Result<std::string_view> FirstValue(std::string_view body) {
  std::size_t begin = 0;
  while (begin < body.size() && IsSpace(body[begin])) ++begin;
  if (begin == body.size()) return Bad("EOF");
  std::size_t depth = 0;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
        if (depth == 0) return body.substr(begin, i + 1 - begin);
      }
    } else if (c == ',' && ++values > kMaxValues) {
      return Bad("more than " + std::to_string(kMaxValues) + " values");
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return Bad("more than 64 levels of nesting");
    } else if (c == '}' || c == ']') {
      if (depth <= 1) return body.substr(begin, i + 1 - begin);
      --depth;
    } else if (depth == 0 && i > begin && (IsSpace(c) || c == ',')) {
      return body.substr(begin, i - begin);
    }
  }
  if (depth > 0 || in_string) return Bad("unexpected EOF");
  return body.substr(begin);
}

bool SameAnyCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

Result<json> ParseFirstValue(std::string_view body) {
  STEELIE_TRY(const std::string_view text, FirstValue(body));
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return Bad("the body is not valid JSON");
  if (!value.is_object() && !value.is_null()) return Bad("expected a JSON object");
  return value;
}

const json* FindMember(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const json* found = nullptr;
  for (const auto& [key, value] : object.items()) {
    if (key == name) {
      found = &value;
      break;
    }
    if (found == nullptr && SameAnyCase(key, name)) found = &value;
  }
  return found != nullptr && !found->is_null() ? found : nullptr;
}

Result<std::optional<Bytes>> BytesMember(const json& object, std::string_view name) {
  const json* member = FindMember(object, name);
  if (member == nullptr) return std::optional<Bytes>();
  if (const auto* text = member->get_ptr<const std::string*>()) {
    STEELIE_TRY(Bytes bytes, Base64Decode(*text));
    return std::optional<Bytes>(std::move(bytes));
  }
  if (!member->is_array()) return Bad("`" + std::string(name) + "` must be a base64 string");
  Bytes bytes;
  for (const json& item : *member) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > 255) {
      return Bad("`" + std::string(name) + "` must be a base64 string or an array of numbers 0 to 255");
    }
    bytes.push_back(item.get<std::uint8_t>());
  }
  return std::optional<Bytes>(std::move(bytes));
}

Result<std::string> StringMember(const json& object, std::string_view name) {
  const json* member = FindMember(object, name);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return Bad("`" + std::string(name) + "` must be a string");
  return member->get<std::string>();
}

Result<std::uint64_t> UnsignedMember(const json& object, std::string_view name) {
  const json* member = FindMember(object, name);
  if (member == nullptr) return std::uint64_t{0};
  if (!member->is_number_unsigned()) {
    return Bad("`" + std::string(name) + "` must be an integer from 0 to 18446744073709551615");
  }
  return member->get<std::uint64_t>();
}

}  // namespace steelie::api::rest
