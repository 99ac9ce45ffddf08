#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace steelie {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// `debug`, `info`, `warn`, `error`.
std::string_view LevelName(LogLevel level);

/// One field of a log line. Values are never secrets: a Secret converts to none of these types.
struct LogField {
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, bool>;

  LogField(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(v) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
  LogField(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
  LogField(std::string_view n, std::int64_t v) : name(n), value(v) {}
  LogField(std::string_view n, std::uint64_t v) : name(n), value(v) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}

  std::string_view name;
  Value value;
};

/// The last field of a line that says where in the program it comes from.
inline constexpr std::string_view kCaller = "caller";

/// `folder/file.cc:line`.
inline std::string CallerOf(std::source_location where) {
  std::string_view file = where.file_name();
  const std::size_t name = file.rfind('/');
  const std::size_t folder = name == std::string_view::npos || name == 0 ? name : file.rfind('/', name - 1);
  if (folder != std::string_view::npos) file.remove_prefix(folder + 1);
  return std::string(file) + ":" + std::to_string(where.line());
}

/// Where log lines go. Thread-safe. Strangers can cause lines, so the real one samples equal messages and cuts long
/// values.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {}) = 0;

  void Debug(std::string_view message, std::vector<LogField> fields = {},
             std::source_location where = std::source_location::current()) {
    LogFrom(where, LogLevel::kDebug, message, std::move(fields));
  }
  void Info(std::string_view message, std::vector<LogField> fields = {},
            std::source_location where = std::source_location::current()) {
    LogFrom(where, LogLevel::kInfo, message, std::move(fields));
  }
  void Warn(std::string_view message, std::vector<LogField> fields = {},
            std::source_location where = std::source_location::current()) {
    LogFrom(where, LogLevel::kWarn, message, std::move(fields));
  }
  void LogError(std::string_view message, std::vector<LogField> fields = {},
                std::source_location where = std::source_location::current()) {
    LogFrom(where, LogLevel::kError, message, std::move(fields));
  }

 private:
  void LogFrom(std::source_location where, LogLevel level, std::string_view message, std::vector<LogField> fields) {
    fields.emplace_back(kCaller, CallerOf(where));
    Log(level, message, std::move(fields));
  }
};

/// Swallows everything. For tests and tools.
class NullLogger final : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::vector<LogField>) override {}
};

}  // namespace steelie
