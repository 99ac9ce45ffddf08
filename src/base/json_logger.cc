#include "base/json_logger.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/visible.h"

namespace steelie {
namespace {

constexpr std::size_t kMaxValue = 1024;
constexpr std::size_t kMaxMessages = 1000;
constexpr std::uint64_t kFirst = 100;
constexpr std::uint64_t kThereafter = 100;

// Cut after kMaxValue bytes, but not in the middle of a character.
std::string_view Cut(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxValue);
  for (int i = 0; i < 3 && size > 0 && size < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[size]) & 0xc0U) != 0x80U) break;
    --size;
  }
  return text.substr(0, size);
}

void AppendString(std::string& out, std::string_view text) {
  const std::string_view kept = Cut(text);
  AppendQuoted(out, kept);
  if (kept.size() < text.size()) out.insert(out.size() - 1, "...");
}

void AppendValue(std::string& out, const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    AppendString(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*number);
  } else {
    out += std::to_string(std::get<std::uint64_t>(value));
  }
}

// It stands before the message, as readers of such logs are used to.
const LogField* CallerIn(const std::vector<LogField>& fields) {
  return !fields.empty() && fields.back().name == kCaller ? &fields.back() : nullptr;
}

std::string JsonLine(LogLevel level, Instant now, std::string_view message, const std::vector<LogField>& fields) {
  std::array<char, 32> ts{};
  std::snprintf(ts.data(), ts.size(), "%.6f", static_cast<double>(now.time_since_epoch().count()) / 1e9);
  std::string out = "{\"level\":\"" + std::string(LevelName(level)) + "\",\"ts\":" + ts.data();
  if (const LogField* caller = CallerIn(fields)) {
    out += ",\"caller\":";
    AppendValue(out, caller->value);
  }
  out += ",\"msg\":";
  AppendString(out, message);
  for (const LogField& field : fields) {
    if (&field == CallerIn(fields)) continue;
    out.push_back(',');
    AppendString(out, field.name);
    out.push_back(':');
    AppendValue(out, field.value);
  }
  return out + "}\n";
}

std::string ConsoleLine(LogLevel level, Instant now, std::string_view message, const std::vector<LogField>& fields) {
  std::string out = FormatMillis(now) + "\t" + std::string(LevelName(level)) + "\t";
  if (const LogField* caller = CallerIn(fields)) out += Visible(Cut(std::get<std::string>(caller->value))) + "\t";
  out += Visible(Cut(message));
  for (const LogField& field : fields) {
    if (&field == CallerIn(fields)) continue;
    out += "\t" + std::string(field.name) + "=";
    AppendValue(out, field.value);
  }
  return out + "\n";
}

}  // namespace

bool JsonLogger::Sampled(LogLevel level, std::string_view message, std::int64_t second) {
  if (second != second_ || seen_.size() > kMaxMessages) {
    second_ = second;
    seen_.clear();
  }
  const std::uint64_t n = ++seen_[std::string(LevelName(level)) + std::string(message)];
  return n <= kFirst || (n - kFirst) % kThereafter == 0;
}

void JsonLogger::Log(LogLevel level, std::string_view message, std::vector<LogField> fields) {
  if (level < options_.level) return;
  const Instant now = clock_.Now();
  {
    MutexLock lock(mutex_);
    if (!Sampled(level, message, now.time_since_epoch().count() / 1'000'000'000)) return;
  }
  const std::string line =
      options_.console ? ConsoleLine(level, now, message, fields) : JsonLine(level, now, message, fields);
  MutexLock lock(mutex_);
  write_(line);
}

void WriteToStderr(std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
    if (n <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace steelie
