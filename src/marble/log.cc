#include "marble/log.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "base/visible.h"

namespace steelie::marble {
namespace {

constexpr std::string_view kPrefix = "[PreMain] ";

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(out, text);
  return out;
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
  // Where in our sources it was logged says nothing to somebody who starts a program.
  std::erase_if(fields, [](const LogField& field) { return field.name == kCaller; });
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
    line += Visible(message);
    for (const LogField& field : fields) line += " " + std::string(field.name) + "=" + Visible(ValueText(field.value));
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
