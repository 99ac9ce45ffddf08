#pragma once

#include <string>
#include <string_view>

namespace steelie {

/// The text with its letters A to Z in lower case; other bytes stay, whatever the locale.
inline std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace steelie
