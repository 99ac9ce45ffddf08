#include <cstdlib>

#include "marble/settings.h"

namespace steelie::marble {

std::optional<std::string> ProcessEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace steelie::marble
