#pragma once

#include <string>
#include <string_view>

#include "gotemplate/value.h"

namespace steelie::gotemplate {

/// A time (always UTC) in one of Go's layouts, which show how the reference time 2006-01-02 15:04:05 would look.
std::string TimeText(const Value& time, std::string_view layout);

/// Calendar parts of a time.
struct CalendarTime {
  std::int64_t year;
  int month, day, hour, minute, second;
  int weekday;   // 0 is Sunday
  int year_day;  // from 1
};
CalendarTime ToCalendar(std::int64_t seconds);
/// Seconds since 1970 of a date at midnight; month and day may lie outside their range and carry over.
std::int64_t FromDate(std::int64_t year, std::int64_t month, std::int64_t day);

std::string_view MonthName(std::int64_t month);
std::string_view WeekdayName(std::int64_t day);
/// `1h2m3.5s`.
std::string DurationText(std::int64_t nanoseconds);

}  // namespace steelie::gotemplate
