#include "gotemplate/time_text.h"

#include <array>

namespace steelie::gotemplate {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// Days since 1970 of a civil date, by the usual 400-year eras that begin in March.
std::int64_t DaysFromCivil(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (month <= 2) --year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::string Padded(std::int64_t value, std::size_t width, char fill = '0') {
  std::string digits = std::to_string(value < 0 ? -value : value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), fill);
  return value < 0 ? "-" + digits : digits;
}

enum class Part : std::uint8_t {
  kNone,
  kLongMonth,
  kMonth,
  kNumMonth,
  kZeroMonth,
  kLongWeekday,
  kWeekday,
  kDay,
  kSpaceDay,
  kZeroDay,
  kSpaceYearDay,
  kZeroYearDay,
  kHour,
  kHour12,
  kZeroHour12,
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,
  kLongYear,
  kYear,
  kUpperPm,
  kLowerPm,
  kZone,
  kIsoZone,      // Z for UTC
  kOffset,       // -0700
  kOffsetShort,  // -07
  kOffsetColon,  // -07:00
  kOffsetLong,   // -070000
  kOffsetFull,   // -07:00:00
};

struct Pattern {
  std::string_view text;
  Part part;
};

// Longer patterns before those they begin with.
constexpr std::array<Pattern, 36> kPatterns = {{
    {"January", Part::kLongMonth},
    {"Jan", Part::kMonth},
    {"Monday", Part::kLongWeekday},
    {"Mon", Part::kWeekday},
    {"MST", Part::kZone},
    {"002", Part::kZeroYearDay},
    {"01", Part::kZeroMonth},
    {"02", Part::kZeroDay},
    {"03", Part::kZeroHour12},
    {"04", Part::kZeroMinute},
    {"05", Part::kZeroSecond},
    {"06", Part::kYear},
    {"15", Part::kHour},
    {"1", Part::kNumMonth},
    {"2006", Part::kLongYear},
    {"2", Part::kDay},
    {"__2", Part::kSpaceYearDay},
    {"_2", Part::kSpaceDay},
    {"3", Part::kHour12},
    {"4", Part::kMinute},
    {"5", Part::kSecond},
    {"PM", Part::kUpperPm},
    {"pm", Part::kLowerPm},
    {"-07:00:00", Part::kOffsetFull},
    {"-07:00", Part::kOffsetColon},
    {"-070000", Part::kOffsetLong},
    {"-0700", Part::kOffset},
    {"-07", Part::kOffsetShort},
    {"Z07:00:00", Part::kIsoZone},
    {"Z07:00", Part::kIsoZone},
    {"Z070000", Part::kIsoZone},
    {"Z0700", Part::kIsoZone},
    {"Z07", Part::kIsoZone},
    {"", Part::kNone},
    {"", Part::kNone},
    {"", Part::kNone},
}};

bool IsLower(std::string_view text, std::size_t at) { return at < text.size() && text[at] >= 'a' && text[at] <= 'z'; }

Pattern Match(std::string_view layout) {
  for (const Pattern& pattern : kPatterns) {
    if (pattern.text.empty() || !layout.starts_with(pattern.text)) continue;
    // A short name that goes on in lower case is some other word.
    if ((pattern.part == Part::kMonth || pattern.part == Part::kWeekday) && IsLower(layout, 3)) continue;
    return pattern;
  }
  // `_2006` is an underscore and a year.
  return {"", Part::kNone};
}

std::string PartText(Part part, const CalendarTime& t) {
  const int hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  const std::string_view month = MonthName(t.month);
  const std::string_view weekday = WeekdayName(t.weekday);
  switch (part) {
    case Part::kNone:
      return "";
    case Part::kLongMonth:
      return std::string(month);
    case Part::kMonth:
      return std::string(month.substr(0, 3));
    case Part::kNumMonth:
      return std::to_string(t.month);
    case Part::kZeroMonth:
      return Padded(t.month, 2);
    case Part::kLongWeekday:
      return std::string(weekday);
    case Part::kWeekday:
      return std::string(weekday.substr(0, 3));
    case Part::kDay:
      return std::to_string(t.day);
    case Part::kSpaceDay:
      return Padded(t.day, 2, ' ');
    case Part::kZeroDay:
      return Padded(t.day, 2);
    case Part::kSpaceYearDay:
      return Padded(t.year_day, 3, ' ');
    case Part::kZeroYearDay:
      return Padded(t.year_day, 3);
    case Part::kHour:
      return Padded(t.hour, 2);
    case Part::kHour12:
      return std::to_string(hour12);
    case Part::kZeroHour12:
      return Padded(hour12, 2);
    case Part::kMinute:
      return std::to_string(t.minute);
    case Part::kZeroMinute:
      return Padded(t.minute, 2);
    case Part::kSecond:
      return std::to_string(t.second);
    case Part::kZeroSecond:
      return Padded(t.second, 2);
    case Part::kLongYear:
      return Padded(t.year, 4);
    case Part::kYear:
      return Padded(t.year < 0 ? 0 : t.year % 100, 2);
    case Part::kUpperPm:
      return t.hour >= 12 ? "PM" : "AM";
    case Part::kLowerPm:
      return t.hour >= 12 ? "pm" : "am";
    case Part::kZone:
      return "UTC";
    case Part::kIsoZone:
      return "Z";
    case Part::kOffset:
      return "+0000";
    case Part::kOffsetShort:
      return "+00";
    case Part::kOffsetColon:
      return "+00:00";
    case Part::kOffsetLong:
      return "+000000";
    case Part::kOffsetFull:
      return "+00:00:00";
  }
  return "";
}

// A fraction of a second: a point or comma with zeros (fixed) or nines (without trailing zeros), not followed by
// another digit. Returns how much of the layout it takes, 0 if it is none.
std::size_t AppendFraction(std::string_view layout, std::size_t nanoseconds, std::string* out) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9')) return 0;
  std::size_t end = 1;
  while (end < layout.size() && layout[end] == layout[1]) ++end;
  if (end < layout.size() && layout[end] >= '0' && layout[end] <= '9') return 0;
  std::string digits = Padded(static_cast<std::int64_t>(nanoseconds), 9);
  digits.resize(end - 1, '0');
  if (layout[1] == '9') {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return end;
  }
  *out += layout[0] + digits;
  return end;
}

}  // namespace

CalendarTime ToCalendar(std::int64_t seconds) {
  std::int64_t days = seconds / kSecondsPerDay;
  std::int64_t rest = seconds % kSecondsPerDay;
  if (rest < 0) {
    rest += kSecondsPerDay;
    --days;
  }
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t from_march = (5 * day_of_year + 2) / 153;
  CalendarTime out{};
  out.day = static_cast<int>(day_of_year - (153 * from_march + 2) / 5 + 1);
  out.month = static_cast<int>(from_march < 10 ? from_march + 3 : from_march - 9);
  out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
  out.hour = static_cast<int>(rest / 3'600);
  out.minute = static_cast<int>(rest / 60 % 60);
  out.second = static_cast<int>(rest % 60);
  out.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  out.year_day = static_cast<int>(days - DaysFromCivil(out.year, 1, 1) + 1);
  return out;
}

std::int64_t FromDate(std::int64_t year, std::int64_t month, std::int64_t day) {
  std::int64_t carried = (month - 1) / 12;
  std::int64_t rest = (month - 1) % 12;
  if (rest < 0) {
    rest += 12;
    --carried;
  }
  return (DaysFromCivil(year + carried, rest + 1, 1) + day - 1) * kSecondsPerDay;
}

std::string_view MonthName(std::int64_t month) {
  return month >= 1 && month <= 12 ? kMonths[static_cast<std::size_t>(month - 1)] : "%!Month";
}

std::string_view WeekdayName(std::int64_t day) {
  return day >= 0 && day <= 6 ? kWeekdays[static_cast<std::size_t>(day)] : "%!Weekday";
}

std::string DurationText(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool negative = nanoseconds < 0;
  const auto magnitude =
      negative ? ~static_cast<std::uint64_t>(nanoseconds) + 1 : static_cast<std::uint64_t>(nanoseconds);
  const auto with_fraction = [](std::uint64_t value, std::uint64_t unit, std::size_t digits) {
    std::string out = std::to_string(value / unit);
    std::string fraction = Padded(static_cast<std::int64_t>(value % unit), digits);
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    return fraction.empty() ? out : out + "." + fraction;
  };
  std::string out = negative ? "-" : "";
  if (magnitude < 1'000) return out + std::to_string(magnitude) + "ns";
  if (magnitude < 1'000'000) return out + with_fraction(magnitude, 1'000, 3) + "\u00b5s";
  if (magnitude < 1'000'000'000) return out + with_fraction(magnitude, 1'000'000, 6) + "ms";
  const std::uint64_t seconds = magnitude / 1'000'000'000;
  if (seconds >= 3'600) out += std::to_string(seconds / 3'600) + "h";
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + "m";
  return out + with_fraction(magnitude % 60'000'000'000, 1'000'000'000, 9) + "s";
}

std::string TimeText(const Value& time, std::string_view layout) {
  const CalendarTime calendar = ToCalendar(time.integer);
  std::string out;
  while (!layout.empty()) {
    if (const std::size_t taken = AppendFraction(layout, time.size, &out); taken != 0) {
      layout.remove_prefix(taken);
      continue;
    }
    if (layout.starts_with("_2006")) {
      out += '_';
      layout.remove_prefix(1);
      continue;
    }
    const Pattern pattern = Match(layout);
    if (pattern.part == Part::kNone) {
      out += layout[0];
      layout.remove_prefix(1);
      continue;
    }
    out += PartText(pattern.part, calendar);
    layout.remove_prefix(pattern.text.size());
  }
  return out;
}

}  // namespace steelie::gotemplate
