#include "console.h"

#include <cstdio>
#include <string>

namespace steelie::cli {
namespace {

void Write(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

// A server must not be able to write escape sequences to the terminal, nor to forge further lines.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "; ";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += '?';
    } else {
      out += c;
    }
  }
  while (out.ends_with("; ")) out.resize(out.size() - 2);
  return out;
}

}  // namespace

void Console::Text(std::string_view text) const {
  if (!json_) Write(stdout, text);
}

void Console::Line(std::string_view text) const {
  Text(text);
  Text("\n");
}

void Console::Warning(std::string_view text) const { Write(json_ ? stderr : stdout, OneLine(text) + "\n"); }

void Console::JsonRaw(std::string_view json) const {
  if (!json_) return;
  Write(stdout, json);
  Write(stdout, "\n");
}

void Console::Json(const client::JsonObject& object) const { JsonRaw(object.Text()); }

void PrintError(std::string_view text) { Write(stderr, "Error: " + OneLine(text) + "\n"); }

bool FlushOutput() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace steelie::cli
