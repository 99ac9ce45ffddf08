#pragma once

#include "base/clock.h"
#include "base/log.h"

namespace steelie::marble {

/// The log of a start, as operators of existing marbles know it: `[PreMain] 2026/01/31 12:00:00 text` in local time, or
/// JSON records whose `msg` begins with `[PreMain] `. Goes to a file descriptor, one write per line.
class StartLog final : public Logger {
 public:
  StartLog(int fd, bool json, const Clock& clock) : fd_(fd), json_(json), clock_(clock) {}

  void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {}) override;

 private:
  int fd_;
  bool json_;
  const Clock& clock_;
};

}  // namespace steelie::marble
