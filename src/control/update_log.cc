#include "control/update_log.h"

#include <nlohmann/json.hpp>

namespace steelie::control {

std::string FormatUpdateLogLine(Instant time, const UpdateLogLine& line) {
  nlohmann::ordered_json out;
  out["time"] = FormatMillis(time);
  out["update"] = line.update;
  for (const auto& [name, value] : line.fields) {
    std::visit([&, &key = name](const auto& v) { out[key] = v; }, value);
  }
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace steelie::control
