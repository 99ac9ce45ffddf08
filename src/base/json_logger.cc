#include "base/json_logger.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace steelie {
namespace {

constexpr std::size_t kMaxValue = 1024;
constexpr std::size_t kMaxMessages = 1000;
constexpr std::uint64_t kFirst = 100;
constexpr std::uint64_t kThereafter = 100;

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
  return "error";
}

// Length of the UTF-8 character that `text` begins with; 0 if it begins with none. Surrogates and overlong forms are
// none: a reader that refuses them would lose the line.
std::size_t CharacterSize(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool narrow = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f);
    return !narrow && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool narrow = (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    return !narrow && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Terminals act on them: C0, DEL, and C1, which UTF-8 writes as c2 80 to c2 9f. Some readers take U+2028 and U+2029 for
// the end of a line.
bool NeedsEscape(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < 0x20 || first == 0x7f) return true;
  if (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) return true;
  return character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9";
}

void AppendEscape(std::string& out, std::string_view character) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  unsigned code = byte(0);
  if (character.size() == 2) code = ((byte(0) & 0x1fU) << 6U) | (byte(1) & 0x3fU);
  if (character.size() == 3) code = ((byte(0) & 0x0fU) << 12U) | ((byte(1) & 0x3fU) << 6U) | (byte(2) & 0x3fU);
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kHex[(code >> static_cast<unsigned>(shift)) & 15U]);
}

// The inside of a JSON string, cut after `max` bytes of input but never inside a character. What is not UTF-8 becomes
// U+FFFD, byte by byte.
void AppendEscaped(std::string& out, std::string_view text, std::size_t max) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = CharacterSize(text.substr(at));
    const std::string_view character = text.substr(at, std::max<std::size_t>(size, 1));
    if (at + character.size() > max) {
      out += "...";
      return;
    }
    at += character.size();
    if (size == 0) {
      out += "\\ufffd";
    } else if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (character == "\n") {
      out += "\\n";
    } else if (NeedsEscape(character)) {
      AppendEscape(out, character);
    } else {
      out += character;
    }
  }
}

void AppendString(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendEscaped(out, text, kMaxValue);
  out.push_back('"');
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
  if (const LogField* caller = CallerIn(fields)) {
    AppendEscaped(out, std::get<std::string>(caller->value), kMaxValue);
    out.push_back('\t');
  }
  AppendEscaped(out, message, kMaxValue);
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
