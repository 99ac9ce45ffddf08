#include "manifest/problem.h"

#include <array>

namespace steelie::manifest {

namespace {

constexpr std::size_t kShownMax = 100;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::string Problem::ToString() const {
  std::string out;
  if (line > 0) out += std::to_string(line) + ":" + std::to_string(column) + ": ";
  return out + message + " (" + (pointer.empty() ? "document" : Shown(pointer)) + ", " + reason + ")";
}

std::string Shown(std::string_view input) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t end = input.size();
  if (end > kShownMax) {
    end = kShownMax;
    while (end > 0 && IsContinuation(input[end])) --end;
  }
  std::string out;
  out.reserve(end);
  for (const char c : input.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  if (end < input.size()) out += "...";
  return out;
}

std::string Quoted(std::string_view input) { return "`" + Shown(input) + "`"; }

std::string PointerToken(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace steelie::manifest
