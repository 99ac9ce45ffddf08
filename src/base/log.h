#pragma once

#include <cstdint>
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

/// Where log lines go. Thread-safe. Strangers can cause lines, so the real one samples equal messages and cuts long
/// values.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {}) = 0;

  void Debug(std::string_view message, std::vector<LogField> fields = {}) {
    Log(LogLevel::kDebug, message, std::move(fields));
  }
  void Info(std::string_view message, std::vector<LogField> fields = {}) {
    Log(LogLevel::kInfo, message, std::move(fields));
  }
  void Warn(std::string_view message, std::vector<LogField> fields = {}) {
    Log(LogLevel::kWarn, message, std::move(fields));
  }
  void LogError(std::string_view message, std::vector<LogField> fields = {}) {
    Log(LogLevel::kError, message, std::move(fields));
  }
};

/// Swallows everything. For tests and tools.
class NullLogger final : public Logger {
 public:
  void Log(LogLevel, std::string_view, std::vector<LogField>) override {}
};

}  // namespace steelie
