#include "manifest/json_string.h"

#include <cstdint>

namespace steelie::manifest {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

void AppendUtf8(std::uint32_t rune, std::string& out) {
  const auto byte = [&](std::uint32_t b) { out.push_back(static_cast<char>(static_cast<unsigned char>(b))); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xc0U | (rune >> 6U));
    byte(0x80U | (rune & 0x3fU));
  } else if (rune < 0x10000) {
    byte(0xe0U | (rune >> 12U));
    byte(0x80U | ((rune >> 6U) & 0x3fU));
    byte(0x80U | (rune & 0x3fU));
  } else {
    byte(0xf0U | (rune >> 18U));
    byte(0x80U | ((rune >> 12U) & 0x3fU));
    byte(0x80U | ((rune >> 6U) & 0x3fU));
    byte(0x80U | (rune & 0x3fU));
  }
}

std::uint32_t HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
}

// The unit of `\uXXXX` at `at`, if such an escape stands there.
bool UnitAt(std::string_view literal, std::size_t at, std::uint32_t& unit) {
  if (at + 6 > literal.size() || literal[at] != '\\' || literal[at + 1] != 'u') return false;
  unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) unit = unit * 16 + HexDigit(literal[i]);
  return true;
}

bool IsHighSurrogate(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLowSurrogate(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// Appends the character of the escape at `at` and returns how many bytes it took.
std::size_t AppendUnicodeEscape(std::string_view literal, std::size_t at, std::string& out) {
  std::uint32_t unit = 0;
  if (!UnitAt(literal, at, unit)) return 1;  // not reached for checked literals
  if (IsHighSurrogate(unit)) {
    std::uint32_t low = 0;
    if (UnitAt(literal, at + 6, low) && IsLowSurrogate(low)) {
      AppendUtf8(0x10000U + ((unit - 0xd800U) << 10U) + (low - 0xdc00U), out);
      return 12;
    }
    unit = kReplacement;
  } else if (IsLowSurrogate(unit)) {
    unit = kReplacement;
  }
  AppendUtf8(unit, out);
  return 6;
}

char SimpleEscape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? std::uint32_t{static_cast<unsigned char>(text[i])} : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;   // overlong
    if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xf0 && first < 0xf5) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;   // overlong
    if (first == 0xf4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

void AppendUnescaped(std::string_view literal, std::string& out) {
  for (std::size_t i = 0; i < literal.size();) {
    if (literal[i] == '\\' && i + 1 < literal.size()) {
      if (literal[i + 1] == 'u') {
        i += AppendUnicodeEscape(literal, i, out);
      } else {
        out.push_back(SimpleEscape(literal[i + 1]));
        i += 2;
      }
      continue;
    }
    const std::size_t n = Utf8Length(literal.substr(i));
    if (n == 0) {
      AppendUtf8(kReplacement, out);
      ++i;
    } else {
      out.append(literal.substr(i, n));
      i += n;
    }
  }
}

}  // namespace steelie::manifest
