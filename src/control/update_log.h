#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace steelie::control {

/// One record of the update log: the event's text and further members in order.
struct UpdateLogLine {
  using Value = std::variant<std::string, std::uint64_t, std::vector<std::string>>;

  std::string update;
  std::vector<std::pair<std::string, Value>> fields;
};

/// One JSON object on one line, `time` and `update` first. Clients read the members by name.
std::string FormatUpdateLogLine(Instant time, const UpdateLogLine& line);

}  // namespace steelie::control
