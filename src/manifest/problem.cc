#include "manifest/problem.h"

#include "base/visible.h"

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
  std::size_t end = input.size();
  if (end > kShownMax) {
    end = kShownMax;
    while (end > 0 && IsContinuation(input[end])) --end;
  }
  std::string out = Visible(input.substr(0, end));
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
