#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "crypto/key.h"

namespace steelie::coordinator {

/// Everything that an operator can choose. Precedence: flag, environment variable, configuration file, default.
struct Config {
  std::string client_address = ":4433";
  std::string mesh_address = ":2001";
  std::string prometheus_address;  // empty = off
  std::string dns_names = "localhost";
  std::filesystem::path seal_directory;
  std::string startup_manifest;
  std::string sim_platform;  // folder of the simulated platform, empty = none
  std::string sim_signer;    // of this program on the simulated platform, hex
  KeyKind curve = KeyKind::kEcP256;
  bool simulation = false;
  bool lenient_manifest = false;
  bool dev_mode = false;
  bool debug_logging = false;
  LogLevel http_error_level = LogLevel::kError;
  std::optional<std::string> bad_http_error_level;
};

/// What parsing the command line came to: a configuration, or text to print and an exit code (help, version, mistakes).
struct ParsedConfig {
  Config config;
  std::optional<int> exit_code;
  std::string output;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// `environment` returns a variable's value, nothing if unset; empty counts as unset.
ParsedConfig ParseConfig(int argc, const char* const* argv, const Environment& environment);

/// The seal directory as ParseConfig would choose it, for commands that need nothing else. `flag` and `file` may be
/// empty. Errors: kInvalidArgument `config.*`.
Result<std::string> ResolveSealDirectory(const std::string& flag, const std::string& file,
                                         const Environment& environment);

}  // namespace steelie::coordinator
