#include "base/clock.h"

#include <array>
#include <cstdio>

namespace steelie {
namespace {

std::string FormatSeconds(Instant t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(t - days));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

std::string Fraction(Instant t, int digits) {
  const auto nanos = (t - std::chrono::floor<std::chrono::seconds>(t)).count();
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%09d", static_cast<int>(nanos));
  return std::string(text.data()).substr(0, static_cast<std::size_t>(digits));
}

}  // namespace

Instant SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

std::string FormatRfc3339(Instant t) {
  std::string fraction = Fraction(t, 9);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return FormatSeconds(t) + (fraction.empty() ? "" : "." + fraction) + "Z";
}

std::string FormatMillis(Instant t) { return FormatSeconds(t) + "." + Fraction(t, 3) + "Z"; }

}  // namespace steelie
