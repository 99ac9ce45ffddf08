#include "console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/visible.h"

namespace steelie::cli {
namespace {

void Write(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

void WriteVisible(std::FILE* file, std::string_view text, VisibleForm form) {
  ForEachVisible(text, form, [&](std::string_view piece) { Write(file, piece); });
}

// A server must not be able to forge further lines.
std::string OneLine(std::string_view text) {
  std::string out;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += (at == 0 ? "" : "; ") + Visible(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

void Console::Text(std::string_view text) const {
  if (!json_) WriteVisible(stdout, text, VisibleForm::kText);
}

void Console::Data(std::string_view text) const {
  if (json_) return;
  if (::isatty(STDOUT_FILENO) == 1) {
    Text(text);
  } else {
    Write(stdout, text);
  }
}

void Console::Line(std::string_view text) const {
  Text(text);
  Text("\n");
}

void Console::Warning(std::string_view text) const { Write(json_ ? stderr : stdout, OneLine(text) + "\n"); }

void Console::JsonRaw(std::string_view json) const {
  if (!json_) return;
  WriteVisible(stdout, json, VisibleForm::kJson);
  Write(stdout, "\n");
}

void Console::Json(const client::JsonObject& object) const { JsonRaw(object.Text()); }

void PrintError(std::string_view text) { Write(stderr, "Error: " + OneLine(text) + "\n"); }

bool FlushOutput() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace steelie::cli
