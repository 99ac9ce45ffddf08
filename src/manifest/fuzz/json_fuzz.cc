#include <string>

#include "base/check.h"
#include "manifest/json.h"

namespace {

using steelie::manifest::JsonDocument;
using steelie::manifest::JsonKind;
using steelie::manifest::JsonValue;

void AppendString(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

void Append(JsonValue v, std::string& out) {
  switch (v.kind()) {
    case JsonKind::kNull:
      out += "null";
      break;
    case JsonKind::kBool:
      out += v.boolean() ? "true" : "false";
      break;
    case JsonKind::kNumber:
      out += v.text();
      break;
    case JsonKind::kString:
      AppendString(v.text(), out);
      break;
    case JsonKind::kArray:
      out += '[';
      v.ForEachElement([&](JsonValue element) {
        if (out.back() != '[') out += ',';
        Append(element, out);
      });
      out += ']';
      break;
    case JsonKind::kObject:
      out += '{';
      v.ForEachMember([&](JsonValue key, JsonValue value) {
        if (out.back() != '{') out += ',';
        AppendString(key.text(), out);
        out += ':';
        Append(value, out);
      });
      out += '}';
      break;
  }
}

}  // namespace

// What was read, written again and read again, is the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto outcome = JsonDocument::Parse({data, size});
  STEELIE_CHECK(outcome.document || !outcome.faults.empty());
  for (const auto& fault : outcome.faults) STEELIE_CHECK(fault.offset <= size);
  if (!outcome.document) return 0;
  std::string once;
  Append(outcome.document->root(), once);
  const auto again = JsonDocument::Parse(steelie::AsBytes(once));
  STEELIE_CHECK(again.document.has_value());
  STEELIE_CHECK(again.faults.size() == outcome.faults.size());
  std::string twice;
  Append(again.document->root(), twice);
  STEELIE_CHECK(once == twice);
  return 0;
}
