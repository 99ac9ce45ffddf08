#include <algorithm>

#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void PrintRecovery(const Console& console, const client::RecoveryStatus& recovery) {
  const std::size_t came = recovery.collected.size();
  console.Line("Recovery:   " + std::to_string(came) + " of " + std::to_string(recovery.required) +
               " secrets have come" + (came == 0 ? "" : ": " + Listed(recovery.collected)));
  const std::uint64_t needed = recovery.required - std::min<std::uint64_t>(recovery.required, came);
  console.Line("Needed:     " + std::to_string(needed) + " of " + Listed(recovery.missing));
}

void PrintText(const Console& console, const client::CoordinatorStatus& status) {
  // Scripts know the first line.
  console.Line(std::to_string(status.code) + ": " + status.message);
  if (!status.version.empty()) console.Line("Version:    " + status.version);
  if (!status.platform.empty()) console.Line("Platform:   " + status.platform);
  if (status.simulation) console.Line(*status.simulation ? "Simulation: yes, nothing is protected" : "Simulation: no");
  if (status.lenient_manifest) {
    console.Line(*status.lenient_manifest ? "Manifests:  lenient, unknown fields are ignored" : "Manifests:  strict");
  }
  if (status.recovery) PrintRecovery(console, *status.recovery);
}

client::JsonObject ToJson(const client::CoordinatorStatus& status) {
  client::JsonObject json;
  json.Add("code", status.code).Add("message", status.message);
  if (!status.version.empty()) json.Add("version", status.version);
  if (!status.platform.empty()) json.Add("platform", status.platform);
  if (status.simulation) json.Add("simulation", *status.simulation);
  if (status.lenient_manifest) json.Add("lenientManifest", *status.lenient_manifest);
  if (status.recovery) {
    json.AddRaw("recovery", client::JsonObject()
                                .Add("required", status.recovery->required)
                                .Add("collected", status.recovery->collected)
                                .Add("missing", status.recovery->missing)
                                .Text());
  }
  return json;
}

}  // namespace

void AddStatusCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "status", "Show the state of a Coordinator");
  auto address = std::make_shared<std::string>();
  AddAddress(command, *address);
  program.Register(command, [&program, address]() -> Result<int> {
    STEELIE_TRY(const Session session, ConnectCached(program, *address));
    STEELIE_TRY(const client::CoordinatorStatus status, session.client->GetStatus().WithContext("retrieving status"));
    PrintText(program.console(), status);
    program.console().Json(ToJson(status));
    return 0;
  });
}

}  // namespace steelie::cli
