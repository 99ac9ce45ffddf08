#include "gotemplate/number.h"

#include <charconv>
#include <string>

namespace steelie::gotemplate {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether every underscore stands between digits, or between a base prefix and a digit. A prefix counts as a digit.
bool UnderscoresFit(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  bool hex = false;
  char before = '^';  // '0' for a digit, '_', or '!' for anything else
  if (text.size() >= 2 && text[0] == '0' && std::string_view("box").find(Lower(text[1])) != std::string_view::npos) {
    hex = Lower(text[1]) == 'x';
    before = '0';
    text.remove_prefix(2);
  }
  for (const char c : text) {
    if (IsDigit(c) || (hex && Lower(c) >= 'a' && Lower(c) <= 'f')) {
      before = '0';
    } else if (c == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '!';
    }
  }
  return before != '_';
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '_') out.push_back(c);
  }
  return out;
}

struct Integer {
  enum class State : std::uint8_t { kMalformed, kOutOfRange, kOk };
  State state;
  std::uint64_t value;
};

// An unsigned integer with an optional base prefix; a leading zero means octal.
Integer ParseUnsigned(std::string_view text) {
  if (!UnderscoresFit(text)) return {Integer::State::kMalformed, 0};
  std::string digits = WithoutUnderscores(text);
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char prefix = Lower(digits[1]);
    base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
    digits.erase(0, prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (stop != end || error == std::errc::invalid_argument) return {Integer::State::kMalformed, 0};
  if (error == std::errc::result_out_of_range) return {Integer::State::kOutOfRange, 0};
  return {Integer::State::kOk, value};
}

// The binary or decimal exponent behind `marker`, clamped; 0 without one.
std::int64_t Exponent(std::string_view digits, char marker) {
  std::size_t at = 0;
  while (at < digits.size() && Lower(digits[at]) != marker) ++at;
  if (at >= digits.size()) return 0;
  const bool negative = at + 1 < digits.size() && digits[at + 1] == '-';
  std::int64_t value = 0;
  for (const char c : digits.substr(at + 1)) {
    if (IsDigit(c) && value < 1'000'000'000) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

// Whether a number that does not fit a double is tiny rather than huge: by its exponent and the digits before the
// point.
bool IsTiny(std::string_view digits, char marker, std::int64_t weight) {
  std::int64_t before = 0;
  std::int64_t zeros_behind = 0;
  bool point = false;
  bool significant = false;
  for (const char c : digits) {
    if (Lower(c) == marker) break;
    if (c == '.') {
      point = true;
    } else if (c == '0' && !significant) {
      if (point) ++zeros_behind;
    } else {
      significant = true;
      if (!point) ++before;
    }
  }
  return Exponent(digits, marker) + (before - zeros_behind) * weight < 0;
}

// A decimal or hexadecimal floating-point number, rounded to the nearest double. Nothing if malformed or too large.
std::optional<double> ParseFloat(std::string_view text) {
  if (!UnderscoresFit(text)) return std::nullopt;
  std::string digits = WithoutUnderscores(text);
  bool negative = false;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) {
    negative = digits[0] == '-';
    digits.erase(0, 1);
  }
  const bool hex = digits.size() > 2 && digits[0] == '0' && Lower(digits[1]) == 'x';
  if (hex) digits.erase(0, 2);
  // A hexadecimal one must have an exponent; and the parser below would take words such as `inf`.
  if (hex && digits.find_first_of("pP") == std::string::npos) return std::nullopt;
  if (digits.empty() || !(IsDigit(digits[0]) || digits[0] == '.' || (hex && Lower(digits[0]) <= 'f'))) {
    return std::nullopt;
  }
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] =
      std::from_chars(digits.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    if (!IsTiny(digits, hex ? 'p' : 'e', hex ? 4 : 1)) return std::nullopt;
    value = 0;
  }
  return negative ? -value : value;
}

std::optional<Number> ParseSum(std::string_view text) {
  // The sign that divides the parts is the last one that is not part of an exponent.
  text.remove_suffix(1);
  for (std::size_t i = text.size(); i-- > 1;) {
    if (text[i] != '+' && text[i] != '-') continue;
    const char before = Lower(text[i - 1]);
    const bool hex = text.substr(0, i).find_first_of("xX") != std::string_view::npos;
    if ((before == 'e' && !hex) || before == 'p') continue;
    const auto real = ParseFloat(text.substr(0, i));
    const auto imaginary = ParseFloat(text.substr(i));
    if (!real || !imaginary) return std::nullopt;
    Number out;
    out.kind = Number::Kind::kComplex;
    out.real = *real;
    out.imaginary = *imaginary;
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Number> ParseNumber(std::string_view text, bool sum) {
  if (sum) return ParseSum(text);
  Number out;
  if (text.ends_with('i')) {
    const auto imaginary = ParseFloat(text.substr(0, text.size() - 1));
    if (imaginary) {
      out.kind = Number::Kind::kComplex;
      out.imaginary = *imaginary;
      return out;
    }
  }
  const bool negative = text.starts_with('-');
  const bool sign = negative || text.starts_with('+');
  const Integer integer = ParseUnsigned(text.substr(sign ? 1 : 0));
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;
  if (integer.state == Integer::State::kOk && (integer.value < kLimit || (negative && integer.value == kLimit))) {
    out.integer = static_cast<std::int64_t>(negative ? ~integer.value + 1 : integer.value);
    // A sign in front of a hexadecimal number hides that it is one: a digit `e` makes it a float then.
    if (sign && text.find_first_of("eE") != std::string_view::npos) {
      out.kind = Number::Kind::kFloat;
      out.real = static_cast<double>(out.integer);
    }
    return out;
  }
  if (integer.state == Integer::State::kOk && !sign) {
    out.kind = Number::Kind::kTooLarge;
    return out;
  }
  const auto real = ParseFloat(text);
  if (!real || text.find_first_of(".eEpP") == std::string_view::npos) return std::nullopt;
  out.kind = Number::Kind::kFloat;
  out.real = *real;
  return out;
}

}  // namespace steelie::gotemplate
