#include "base/visible.h"

#include <cstdint>

namespace steelie {
namespace {

struct Character {
  std::size_t size = 1;
  std::uint32_t code = 0;
  bool valid = true;
};

// RFC 3629.
Character First(std::string_view text) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[i])}; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {1, first, true};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const Character bad{1, first, false};
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return bad;
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return bad;
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return bad;
  return {size, code, true};
}

bool MustShow(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string Escape(const Character& c, VisibleForm form) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (form == VisibleForm::kJson && !c.valid) return "\\ufffd";
  if (form == VisibleForm::kLine && c.code == '\n') return "\\n";
  if (form == VisibleForm::kLine && c.code == '\t') return "\\t";
  const bool as_byte = form != VisibleForm::kJson && (c.code < 0x80 || !c.valid);
  std::string out = as_byte ? "\\x" : "\\u";
  for (unsigned shift = as_byte ? 8 : 16; shift > 0; shift -= 4) out += kDigits[c.code >> (shift - 4) & 15U];
  return out;
}

}  // namespace

VisibleStep NextVisible(std::string_view text, VisibleForm form) {
  VisibleStep out;
  while (out.plain < text.size()) {
    const Character c = First(text.substr(out.plain));
    const bool stays = form != VisibleForm::kLine && (c.code == '\n' || c.code == '\t');
    if (!c.valid || (MustShow(c.code) && !stays)) {
      out.escaped = c.size;
      out.escape = Escape(c, form);
      return out;
    }
    out.plain += c.size;
  }
  return out;
}

std::string Visible(std::string_view text, VisibleForm form) {
  std::string out;
  out.reserve(text.size());
  ForEachVisible(text, form, [&](std::string_view piece) { out += piece; });
  return out;
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const VisibleStep step = NextVisible(text, VisibleForm::kJson);
    for (const char c : text.substr(0, step.plain)) {
      if (c == '"' || c == '\\') out += '\\';
      if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else {
        out += c;
      }
    }
    out += step.escape;
    text.remove_prefix(step.plain + step.escaped);
  }
  out += '"';
}

}  // namespace steelie
