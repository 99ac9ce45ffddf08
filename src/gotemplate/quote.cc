#include "gotemplate/quote.h"

namespace steelie::gotemplate {
namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// One element of a quoted constant: a byte (from \x and octal escapes) or a character.
struct Element {
  char32_t value;
  bool is_byte;
};

// Exactly `count` digits of the base, at the front of `text`.
std::optional<char32_t> TakeDigits(std::string_view* text, std::size_t count, int base) {
  if (text->size() < count) return std::nullopt;
  char32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = DigitValue((*text)[i]);
    if (digit >= base) return std::nullopt;
    value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
  }
  text->remove_prefix(count);
  return value;
}

std::optional<Element> TakeEscape(std::string_view* text, char quote) {
  if (text->empty()) return std::nullopt;
  const char c = text->front();
  if (c >= '0' && c <= '7') {
    const auto value = TakeDigits(text, 3, 8);
    if (!value || *value > 0xff) return std::nullopt;
    return Element{*value, true};
  }
  text->remove_prefix(1);
  switch (c) {
    case 'a':
      return Element{'\a', false};
    case 'b':
      return Element{'\b', false};
    case 'f':
      return Element{'\f', false};
    case 'n':
      return Element{'\n', false};
    case 'r':
      return Element{'\r', false};
    case 't':
      return Element{'\t', false};
    case 'v':
      return Element{'\v', false};
    case '\\':
      return Element{'\\', false};
    case 'x': {
      const auto value = TakeDigits(text, 2, 16);
      if (!value) return std::nullopt;
      return Element{*value, true};
    }
    case 'u':
    case 'U': {
      const auto value = TakeDigits(text, c == 'u' ? 4 : 8, 16);
      if (!value || !IsValidRune(*value)) return std::nullopt;
      return Element{*value, false};
    }
    case '\'':
    case '"':
      if (c != quote) return std::nullopt;
      return Element{static_cast<char32_t>(c), false};
    default:
      return std::nullopt;
  }
}

// Takes one element from the front of a constant's inside.
std::optional<Element> TakeElement(std::string_view* text, char quote) {
  if (text->empty() || text->front() == quote || text->front() == '\n') return std::nullopt;
  if (text->front() == '\\') {
    text->remove_prefix(1);
    return TakeEscape(text, quote);
  }
  const Rune rune = DecodeRune(*text);
  text->remove_prefix(rune.size);
  return Element{rune.value, false};
}

void Append(SecretBuffer* out, std::string_view text) { out->insert(out->end(), text.begin(), text.end()); }

void AppendHex(SecretBuffer* out, char32_t value, unsigned digits) {
  for (unsigned i = digits; i > 0; --i) {
    out->push_back(static_cast<std::uint8_t>("0123456789abcdef"[(value >> (4U * (i - 1))) & 0xfU]));
  }
}

void AppendEscaped(SecretBuffer* out, char32_t c, char quote, bool ascii) {
  if (c == static_cast<char32_t>(quote) || c == '\\') {
    out->push_back('\\');
    out->push_back(static_cast<std::uint8_t>(c));
    return;
  }
  if (IsPrint(c) && (!ascii || c < 0x80)) return Append(out, EncodeRune(c).view());
  static constexpr std::string_view kNamed = "abtnvfr";  // U+0007 to U+000D
  if (c >= 7 && c <= 13) {
    out->push_back('\\');
    out->push_back(static_cast<std::uint8_t>(kNamed[c - 7]));
  } else if (c < ' ' || c == 0x7f) {
    Append(out, "\\x");
    AppendHex(out, c, 2);
  } else if (!IsValidRune(c)) {
    Append(out, "\\ufffd");
  } else if (c < 0x10000) {
    Append(out, "\\u");
    AppendHex(out, c, 4);
  } else {
    Append(out, "\\U");
    AppendHex(out, c, 8);
  }
}

}  // namespace

std::optional<std::string> Unquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  std::string_view inside = literal.substr(1, literal.size() - 2);
  std::string out;
  if (quote == '`') {
    for (const char c : inside) {
      if (c == '`') return std::nullopt;
      if (c != '\r') out.push_back(c);
    }
    return out;
  }
  if (quote != '"') return std::nullopt;
  while (!inside.empty()) {
    const auto element = TakeElement(&inside, quote);
    if (!element) return std::nullopt;
    if (element->is_byte) {
      out.push_back(static_cast<char>(element->value));
    } else {
      out += EncodeRune(element->value).view();
    }
  }
  return out;
}

std::optional<char32_t> UnquoteCharacter(std::string_view literal) {
  if (literal.size() < 3 || literal.front() != '\'' || literal.back() != '\'') return std::nullopt;
  std::string_view inside = literal.substr(1, literal.size() - 2);
  const auto element = TakeElement(&inside, '\'');
  if (!element || !inside.empty()) return std::nullopt;
  return element->value;
}

void AppendQuoted(SecretBuffer* out, std::string_view text, bool ascii) {
  out->push_back('"');
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (rune.value == kRuneError && rune.size == 1) {
      Append(out, "\\x");
      AppendHex(out, static_cast<std::uint8_t>(text.front()), 2);
    } else {
      AppendEscaped(out, rune.value, '"', ascii);
    }
    text.remove_prefix(rune.size);
  }
  out->push_back('"');
}

void AppendQuotedCharacter(SecretBuffer* out, char32_t c, bool ascii) {
  out->push_back('\'');
  AppendEscaped(out, IsValidRune(c) ? c : kRuneError, '\'', ascii);
  out->push_back('\'');
}

bool CanBackquote(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    text.remove_prefix(rune.size);
    if (rune.size > 1) {
      if (rune.value == 0xfeff) return false;
      continue;
    }
    if (rune.value == kRuneError || (rune.value < ' ' && rune.value != '\t') || rune.value == '`' ||
        rune.value == 0x7f) {
      return false;
    }
  }
  return true;
}

}  // namespace steelie::gotemplate
