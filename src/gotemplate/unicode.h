#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace steelie::gotemplate {

// Characters as the placeholder language sees them. All functions are pure and accept hostile bytes.

inline constexpr char32_t kRuneError = 0xfffd;
inline constexpr char32_t kMaxRune = 0x10ffff;

/// Neither a surrogate nor beyond the last code point.
inline bool IsValidRune(char32_t c) { return c <= kMaxRune && (c < 0xd800 || c > 0xdfff); }

struct Rune {
  char32_t value;
  std::uint8_t size;  // bytes taken; 1 for a bad byte (value U+FFFD), 0 for empty input
};

/// The first character of UTF-8 text.
Rune DecodeRune(std::string_view text);

struct EncodedRune {
  std::array<char, 4> bytes;
  std::uint8_t size;
  std::string_view view() const { return {bytes.data(), size}; }
};

/// UTF-8 of a character; U+FFFD for what is none.
EncodedRune EncodeRune(char32_t c);

/// Characters of UTF-8 text; a bad byte counts as one.
std::size_t CountRunes(std::string_view text);

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
bool IsPrint(char32_t c);
/// What a name may consist of, besides the underscore.
bool IsLetterOrDigit(char32_t c);
/// Unicode's White_Space.
bool IsWhiteSpace(char32_t c);

}  // namespace steelie::gotemplate
