#include "config.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>

#include "crypto/library_version.h"
#include "version.h"

namespace steelie::coordinator {
namespace {

/// One option with all its names.
struct Option {
  const char* flag;
  const char* variable;
  const char* key;  // in the configuration file
  const char* help;
};

constexpr std::array kTextOptions = {
    Option{"--client-addr", "EDG_COORDINATOR_CLIENT_ADDR", "client_addr",
           "listen address of the client API (default :4433)"},
    Option{"--mesh-addr", "EDG_COORDINATOR_MESH_ADDR", "mesh_addr", "listen address of the marble API (default :2001)"},
    Option{"--prometheus-addr", "EDG_COORDINATOR_PROMETHEUS_ADDR", "prometheus_addr",
           "listen address of /metrics, /events and /readyz over plain HTTP (default off)"},
    Option{"--dns-names", "EDG_COORDINATOR_DNS_NAMES", "dns_names",
           "comma-separated names and addresses of the Coordinator's certificates (default localhost)"},
    Option{"--seal-dir", "EDG_COORDINATOR_SEAL_DIR", "seal_dir",
           "folder of the sealed state (default ./marblerun-coordinator-data)"},
    Option{"--startup-manifest", "EDG_STARTUP_MANIFEST", "startup_manifest", "manifest to set during start"},
    Option{"--sim-platform", "EDG_COORDINATOR_SIM_PLATFORM", "sim_platform",
           "folder of the simulated platform, made at first use; needs simulation"},
    Option{"--sim-signer", "EDG_COORDINATOR_SIM_SIGNER", "sim_signer",
           "signer of this program on the simulated platform, 64 hex digits (default zeros)"},
    Option{"--curve", "EDG_COORDINATOR_CURVE", "curve", "curve of the Coordinator's own keys: p256 (default) or p384"},
    Option{"--http-error-log-level", "EDG_HTTP_ERROR_LOG_LEVEL", "http_error_log_level",
           "level of messages about broken connections: debug, info, warn, error"},
};

constexpr std::array kBoolOptions = {
    Option{"--simulation", "OE_SIMULATION", "simulation",
           "run without a TEE, for development only: nothing is protected"},
    Option{"--lenient-manifest", "EDG_COORDINATOR_LENIENT_MANIFEST", "lenient_manifest",
           "accept unknown fields in manifests"},
    Option{"--dev-mode", "EDG_COORDINATOR_DEV_MODE", "dev_mode", "human-readable log with debug level"},
    Option{"--debug-logging", "EDG_DEBUG_LOGGING", "debug_logging", "log level debug"},
};

constexpr std::size_t kSealDirectory = 4;

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// Settings of the reference that are not supported: refused, never ignored.
Status RefuseUnsupported(const Environment& environment) {
  const auto refuse = [](const std::string& name, const std::string& why) {
    return Error(Code::kUnimplemented, "config.unsupported", name + " is not supported: " + why);
  };
  const auto value = [&](const char* name) { return environment(name).value_or(""); };
  if (value("EDG_STORE_BACKEND") == "k8s-secret") {
    return refuse("EDG_STORE_BACKEND=k8s-secret", "the state lives in the seal directory. Remove the variable");
  }
  if (value("EDG_DISTRIBUTED_COORDINATOR") == "1") {
    return refuse("EDG_DISTRIBUTED_COORDINATOR=1", "run a single Coordinator. Remove the variable");
  }
  if (Lower(value("EDG_ENTERPRISE_LICENSED_FEATURES")).find("distributedcoordinator") != std::string::npos) {
    return refuse("EDG_ENTERPRISE_LICENSED_FEATURES with distributedcoordinator",
                  "run a single Coordinator. Remove the variable");
  }
  // Empty counts as unset: deployments of the reference always set these.
  for (const char* name : {"EDG_AZURE_HSM_VAULT_URL", "EDG_AZURE_HSM_KEY_NAME"}) {
    if (!value(name).empty()) return refuse(name, "sealing with an Azure HSM is not available. Remove the variable");
  }
  return Ok();
}

Result<LogLevel> ParseLevel(const std::string& text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "warn") return LogLevel::kWarn;
  if (text == "error") return LogLevel::kError;
  return Error(Code::kInvalidArgument, "config.level", "unknown log level `" + text + "`");
}

class Settings {
 public:
  Settings(const Environment& environment, const toml::table& file) : environment_(environment), file_(file) {}

  std::string Text(const Option& option, const std::string& flag_value, const std::string& fallback) const {
    if (!flag_value.empty()) return flag_value;
    if (const auto value = environment_(option.variable); value && !value->empty()) return *value;
    return file_[option.key].value_or(fallback);
  }

  /// Where the seal directory lies by default.
  std::filesystem::path WorkingFolder() const {
    if (const auto value = environment_("EDG_CWD"); value && !value->empty()) return *value;
    std::error_code unknown;
    return std::filesystem::current_path(unknown);
  }

  bool Bool(const Option& option, bool flag_value) const {
    if (flag_value) return true;
    if (const auto value = environment_(option.variable); value && !value->empty()) return *value == "1";
    return file_[option.key].value_or(false);
  }

 private:
  const Environment& environment_;
  const toml::table& file_;
};

Status CheckFileKeys(const toml::table& file) {
  for (const auto& [key, value] : file) {
    const auto known = [&](const Option& option) { return key.str() == option.key; };
    const bool text = std::ranges::any_of(kTextOptions, known);
    if (!text && std::ranges::none_of(kBoolOptions, known)) {
      return Error(Code::kInvalidArgument, "config.key", "unknown setting `" + std::string(key.str()) + "`");
    }
    if (text ? !value.is_string() : !value.is_boolean()) {
      return Error(Code::kInvalidArgument, "config.type",
                   "`" + std::string(key.str()) + "` must be " + (text ? "a string" : "true or false"));
    }
  }
  return Ok();
}

Result<toml::table> ReadFile(const std::string& path) {
  if (path.empty()) return toml::table();
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown)) {
    return Error(Code::kInvalidArgument, "config.file", path + " is not a file that can be read");
  }
  try {
    toml::table file = toml::parse_file(path);
    STEELIE_CHECK_OK(CheckFileKeys(file).WithContext(path));
    return file;
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << error.source().begin;
    return Error(Code::kInvalidArgument, "config.file",
                 path + ": " + std::string(error.description()) + " (" + where.str() + ")");
  }
}

std::filesystem::path SealDirectory(const Settings& settings, const std::string& flag) {
  std::filesystem::path chosen = settings.Text(kTextOptions[kSealDirectory], flag, "");
  return chosen.empty() ? settings.WorkingFolder() / "marblerun-coordinator-data" : chosen;
}

Status Fill(Config& config, const Settings& settings, const std::array<std::string, kTextOptions.size()>& texts,
            const std::array<bool, kBoolOptions.size()>& flags) {
  const auto text = [&](std::size_t i, const std::string& fallback) {
    return settings.Text(kTextOptions[i], texts[i], fallback);
  };
  config.client_address = text(0, config.client_address);
  config.mesh_address = text(1, config.mesh_address);
  config.prometheus_address = text(2, "");
  config.dns_names = text(3, config.dns_names);
  config.seal_directory = SealDirectory(settings, texts[kSealDirectory]);
  config.startup_manifest = text(5, "");
  config.sim_platform = text(6, "");
  config.sim_signer = text(7, std::string(64, '0'));
  const std::string curve = text(8, "p256");
  if (curve != "p256" && curve != "p384") {
    return Error(Code::kInvalidArgument, "config.curve", "unknown curve `" + curve + "`, expected p256 or p384");
  }
  config.curve = curve == "p384" ? KeyKind::kEcP384 : KeyKind::kEcP256;
  const std::string level = text(9, "error");
  const auto parsed = ParseLevel(level);
  config.http_error_level = parsed.value_or(LogLevel::kError);
  if (!parsed) config.bad_http_error_level = level;
  config.simulation = settings.Bool(kBoolOptions[0], flags[0]);
  config.lenient_manifest = settings.Bool(kBoolOptions[1], flags[1]);
  config.dev_mode = settings.Bool(kBoolOptions[2], flags[2]);
  config.debug_logging = settings.Bool(kBoolOptions[3], flags[3]);
  return Ok();
}

std::string VersionText() {
  std::string out = std::string("steelie-coordinator ") + kVersion + " (" + kCommit + ")\n";
  if (*kBuildDate != '\0') out += std::string("Built from the source of ") + kBuildDate + "\n";
  return out + "OpenSSL " + OpenSslVersion();
}

ParsedConfig Failed(const Error& error) { return {{}, 1, "Error: " + error.message() + "\n"}; }

}  // namespace

ParsedConfig ParseConfig(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app("The Steelie Coordinator: admits marbles by remote attestation and hands each its secrets.",
               "steelie-coordinator");
  app.footer(
      "Commands that look after the state; `steelie-coordinator COMMAND --help` tells more:\n"
      "  backup OUT      make a backup, also while the Coordinator runs\n"
      "  restore BACKUP  make a seal directory of a backup\n"
      "  inspect DIR     look at a seal directory or a backup without keys\n\n"
      "Every setting also has an environment variable and a key in the configuration file (TOML); flags win over "
      "variables, variables over the file. See docs/operations.md.");
  std::array<std::string, kTextOptions.size()> texts;
  std::array<bool, kBoolOptions.size()> flags{};
  std::string file_path;
  app.add_option("--config", file_path, "configuration file (TOML)");
  const auto describe = [](const Option& option) { return std::string(option.help) + " [" + option.variable + "]"; };
  for (std::size_t i = 0; i < kTextOptions.size(); ++i)
    app.add_option(kTextOptions[i].flag, texts[i], describe(kTextOptions[i]));
  for (std::size_t i = 0; i < kBoolOptions.size(); ++i)
    app.add_flag(kBoolOptions[i].flag, flags[i], describe(kBoolOptions[i]));
  app.set_version_flag("--version", VersionText());

  ParsedConfig parsed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    parsed.exit_code = app.exit(error, out, err) == 0 ? 0 : 1;
    parsed.output = *parsed.exit_code == 0 ? out.str() : "Error: " + std::string(error.what()) + " (see --help)\n";
    return parsed;
  }
  if (const Status supported = RefuseUnsupported(environment); !supported) return Failed(supported.error());
  const auto file = ReadFile(file_path);
  if (!file) return Failed(file.error());
  if (const Status filled = Fill(parsed.config, Settings(environment, *file), texts, flags); !filled) {
    return Failed(filled.error());
  }
  return parsed;
}

Result<std::string> ResolveSealDirectory(const std::string& flag, const std::string& file,
                                         const Environment& environment) {
  STEELIE_TRY(const toml::table table, ReadFile(file));
  return SealDirectory(Settings(environment, table), flag).string();
}

}  // namespace steelie::coordinator
