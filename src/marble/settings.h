#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace steelie::marble {

/// Looks up an environment variable; nothing if it is unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// The variables of this process.
std::optional<std::string> ProcessEnvironment(std::string_view name);

/// What a marble is told about itself. A setting that is given otherwise (a flag of `steelie run`, an option of the
/// library) wins over the variable.
struct Settings {
  std::string marble_type;                             // EDG_MARBLE_TYPE, required
  std::string coordinator_address = "localhost:2001";  // EDG_MARBLE_COORDINATOR_ADDR
  std::string dns_names = "localhost";                 // EDG_MARBLE_DNS_NAMES, comma-separated, IP addresses too
  std::filesystem::path uuid_file = "uuid";            // EDG_MARBLE_UUID_FILE, or `uuid` in EDG_CWD
};

/// Settings given otherwise; empty ones fall back to the variables.
struct SettingOverrides {
  std::string marble_type;
  std::string coordinator_address;
  std::string dns_names;
  std::string uuid_file;
};

/// An empty variable counts as unset. Errors: kInvalidArgument `marble.settings` names the variable that is missing.
Result<Settings> ReadSettings(const Lookup& lookup, const SettingOverrides& overrides);

/// Whether EDG_LOG_FORMAT asks for JSON.
bool WantsJsonLog(const Lookup& lookup);

}  // namespace steelie::marble
