#include "marble/log.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace steelie::marble {
namespace {

constexpr std::string_view kPrefix = "[PreMain] ";

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < ' ') {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out.push_back(c);
    }
  }
  return out + '"';
}

std::string ValueText(const LogField::Value& value) {
  struct Visitor {
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return std::to_string(v); }
  };
  return std::visit(Visitor{}, value);
}

std::string LocalTime(Instant now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S", &parts)};
}

}  // namespace

void StartLog::Log(LogLevel level, std::string_view message, std::vector<LogField> fields) {
  std::string line;
  if (json_) {
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(clock_.Now()).time_since_epoch().count();
    std::array<char, 40> ts{};
    std::snprintf(ts.data(), ts.size(), "%lld.%03lld", static_cast<long long>(millis / 1000),
                  static_cast<long long>(millis % 1000));
    line = std::string("{\"level\":\"") + std::string(LevelName(level)) + "\",\"ts\":" + ts.data() +
           ",\"msg\":" + Quoted(std::string(kPrefix) + std::string(message));
    for (const LogField& field : fields) line += "," + Quoted(field.name) + ":" + Quoted(ValueText(field.value));
    line += "}\n";
  } else {
    line = std::string(kPrefix) + LocalTime(clock_.Now()) + ' ';
    if (level == LogLevel::kWarn) line += "warning: ";
    line += message;
    for (const LogField& field : fields) line += " " + std::string(field.name) + "=" + ValueText(field.value);
    line += '\n';
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace steelie::marble
