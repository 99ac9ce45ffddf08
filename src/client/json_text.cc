#include "client/json_text.h"

namespace steelie::client {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Length of the valid UTF-8 sequence at the front (RFC 3629), or 0.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool outside = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || outside ? 0 : length;
}

void AppendEscaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  if (c < 0x20 || c == '<' || c == '>' || c == '&') {
    out += "\\u00";
    out += kHexDigits[c >> 4U];
    out += kHexDigits[c & 15U];
  } else {
    out += static_cast<char>(c);
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    const std::string_view sequence = text.substr(0, length);
    if (length == 1) {
      AppendEscaped(out, static_cast<unsigned char>(text.front()));
    } else if (sequence == "\xe2\x80\xa8") {
      out += "\\u2028";
    } else if (sequence == "\xe2\x80\xa9") {
      out += "\\u2029";
    } else {
      out += length == 0 ? kReplacement : sequence;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

JsonObject& JsonObject::AddRaw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  AppendJsonString(members_, name);
  members_ += ':';
  members_ += json;
  return *this;
}

JsonObject& JsonObject::Add(std::string_view name, std::string_view value) {
  std::string text;
  AppendJsonString(text, value);
  return AddRaw(name, text);
}

JsonObject& JsonObject::Add(std::string_view name, std::uint64_t value) { return AddRaw(name, std::to_string(value)); }

JsonObject& JsonObject::Add(std::string_view name, bool value) { return AddRaw(name, value ? "true" : "false"); }

JsonObject& JsonObject::Add(std::string_view name, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  for (const std::string& value : values) AppendJsonString(texts.emplace_back(), value);
  return AddRaw(name, JsonArray(texts));
}

std::string JsonArray(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ',';
    out += value;
  }
  return out + "]";
}

}  // namespace steelie::client
