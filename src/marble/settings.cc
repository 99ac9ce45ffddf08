#include "marble/settings.h"

#include <algorithm>
#include <cctype>

namespace steelie::marble {
namespace {

// The first of: the override, the variable, the default.
std::string Choose(const Lookup& lookup, std::string_view variable, const std::string& given,
                   const std::string& fallback) {
  if (!given.empty()) return given;
  const auto value = lookup(variable);
  return value && !value->empty() ? *value : fallback;
}

}  // namespace

Result<Settings> ReadSettings(const Lookup& lookup, const SettingOverrides& overrides) {
  Settings settings;
  settings.marble_type = Choose(lookup, "EDG_MARBLE_TYPE", overrides.marble_type, "");
  if (settings.marble_type.empty()) {
    return Error(Code::kInvalidArgument, "marble.settings",
                 "environment variable not set: EDG_MARBLE_TYPE (the marble type in the manifest)");
  }
  settings.coordinator_address =
      Choose(lookup, "EDG_MARBLE_COORDINATOR_ADDR", overrides.coordinator_address, settings.coordinator_address);
  settings.dns_names = Choose(lookup, "EDG_MARBLE_DNS_NAMES", overrides.dns_names, settings.dns_names);
  const std::string folder = Choose(lookup, "EDG_CWD", "", "");
  settings.uuid_file = Choose(lookup, "EDG_MARBLE_UUID_FILE", overrides.uuid_file,
                              (std::filesystem::path(folder) / settings.uuid_file).string());
  return settings;
}

bool WantsJsonLog(const Lookup& lookup) {
  std::string format = lookup("EDG_LOG_FORMAT").value_or("");
  std::ranges::transform(format, format.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return format == "json";
}

}  // namespace steelie::marble
