#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "steelie/outcome.h"
#include "steelie/secret_bytes.h"

/// Joining a deployment from within a program, for those that are not started by `steelie run`.
///
///     int main() {
///       steelie::ActivateOptions options;
///       options.coordinator_root = kCoordinatorRootPem;   // compiled in, hence measured
///       auto joined = steelie::ActivateAndApply(options); // files and variables of the manifest are there now
///       if (!joined) { std::fputs(joined.failure().message.c_str(), stderr); return 1; }
///     }
namespace steelie {

/// What the simulated platform shall say of this program; its measurement is the SHA-256 of the executable.
struct SimulatedPlatform {
  /// Folder of the simulated platform. Empty: none, and no evidence is sent.
  std::string folder;
  std::array<std::uint8_t, 32> signer{};
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;
  bool debug = false;
};

/// Empty texts take the environment variable named, then its default.
struct ActivateOptions {
  std::string marble_type;          // EDG_MARBLE_TYPE, required
  std::string coordinator_address;  // EDG_MARBLE_COORDINATOR_ADDR, `localhost:2001`
  std::string dns_names;            // EDG_MARBLE_DNS_NAMES, `localhost`
  std::string uuid_file;            // EDG_MARBLE_UUID_FILE, `uuid`

  /// The Coordinator's root certificate (PEM): a Coordinator with another one is refused. Empty: any is believed. Must
  /// come from what is measured with the program, not from the host.
  std::string coordinator_root;

  std::chrono::milliseconds timeout{60'000};
  /// How long to try again while the Coordinator cannot be reached.
  std::chrono::seconds retry{0};
  /// P-384 instead of P-256 for the connection's key.
  bool p384 = false;
  /// Lets files of the manifest land on a disk where a TEE is in use.
  bool allow_disk_secrets = false;
  /// Steps go to standard error, as JSON with EDG_LOG_FORMAT=json.
  bool log = true;
  SimulatedPlatform simulation;
};

struct NamedValue {
  std::string name;
  SecretBytes value;
};

/// What the manifest gives to this marble.
struct MarbleParameters {
  std::string uuid;
  std::vector<NamedValue> files;
  std::vector<NamedValue> environment;
  std::vector<std::string> argv;

  /// The variable of that name, or null.
  const SecretBytes* Variable(std::string_view name) const;
};

/// Activates and returns the parameters; applies nothing. May take as long as `timeout` and `retry` say.
///
/// Failures: `marble.settings`, `marble.address`, `marble.names`, `marble.uuid_file`; `activate.unreachable` (trying
/// again can help), `activate.timeout`, `activate.refused` (the message begins with the gRPC status and says why),
/// `activate.protocol`, `activate.size`; `marble.pin` (not the Coordinator that was asked for); `marble.ttls`,
/// `marble.apply.env`, `marble.apply.argv`.
Outcome<MarbleParameters> Activate(const ActivateOptions& options = {});

/// The same, then writes the files and sets the variables of this process. Call early in main: other threads must not
/// use the environment meanwhile. Further failures: `marble.apply.disk`, `marble.apply.file`.
Outcome<MarbleParameters> ActivateAndApply(const ActivateOptions& options = {});

}  // namespace steelie
