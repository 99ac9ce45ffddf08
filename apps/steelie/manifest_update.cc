#include "client/manifest_file.h"
#include "client/output_file.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string manifest;
  std::string address;
  std::string recovery_data;
  std::string output;
  bool missing = false;
};

std::string Join(const std::vector<std::string>& names, std::string_view separator) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : separator).append(name);
  return out;
}

std::string StillNeeded(std::uint64_t missing) {
  return missing == 1 ? "1 user still needs to acknowledge the update manifest."
                      : std::to_string(missing) + " users still need to acknowledge the update manifest.";
}

// The Coordinator applies such an update without a word. Best effort: what cannot be told is not said.
std::vector<std::string> Doubts(const Session& session, ByteView update) {
  const auto manifest = session.client->GetManifest();
  if (!manifest || manifest->manifest.empty()) return {};
  const auto log = session.client->GetUpdateLog();
  if (!log) return {};
  return client::LoweredVersions(manifest->manifest, *log, update).value_or(std::vector<std::string>());
}

Result<int> Report(const Program& program, const Options& options, const client::UpdateAnswer& answer,
                   const std::vector<std::string>& doubts) {
  for (const std::string& doubt : doubts) program.console().Warning("Warning: " + doubt);
  const client::RecoverySecrets secrets = answer.recovery_secrets.value_or(client::RecoverySecrets());
  const Status recovery = OutputRecoverySecrets(program, secrets, options.recovery_data);
  program.console().Json(client::JsonObject()
                             .Add("applied", answer.missing == 0)
                             .Add("missingAcknowledgments", answer.missing)
                             .Add("missingUsers", answer.missing_users)
                             .Add("warnings", doubts)
                             .AddRaw("recoverySecrets", RecoverySecretsMap(secrets)));
  STEELIE_CHECK_OK(recovery);
  return 0;
}

Result<Session> ConnectAsUser(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(client::TlsIdentity user, LoadUser(program, flags));
  return ConnectCached(program, options.address, std::move(user));
}

Result<int> Apply(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(options.manifest));
  STEELIE_TRY(const Session session, ConnectAsUser(program, options, flags));
  const std::vector<std::string> doubts = Doubts(session, file.document);
  STEELIE_TRY(const client::UpdateAnswer answer,
              session.client->ApplyUpdate(file.document).WithContext("applying update: applying manifest update"));
  const Console& console = program.console();
  if (answer.missing == 0) {
    console.Line("Update manifest set successfully");
  } else {
    console.Line("Update manifest submitted successfully.");
    console.Line("Changes are pending and have not been applied yet.");
    console.Line(StillNeeded(answer.missing));
    console.Line("The following users may acknowledge the update: " + Join(answer.missing_users, ", "));
  }
  return Report(program, options, answer, doubts);
}

Result<int> Acknowledge(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(options.manifest));
  STEELIE_TRY(const Session session, ConnectAsUser(program, options, flags));
  const std::vector<std::string> doubts = Doubts(session, file.document);
  STEELIE_TRY(const client::UpdateAnswer answer,
              session.client->AcknowledgeUpdate(file.document).WithContext("acknowledging update manifest"));
  const Console& console = program.console();
  console.Line("Acknowledgement successful:");
  if (answer.missing == 0) {
    console.Line("All users have acknowledged the update manifest. Update successfully applied");
  } else {
    console.Line(StillNeeded(answer.missing));
    if (!answer.missing_users.empty()) {
      console.Line("The following users have not yet accepted: " + Join(answer.missing_users, ", "));
    }
  }
  return Report(program, options, answer, doubts);
}

Result<int> Cancel(const Program& program, const Options& options, const UserFlags& flags) {
  STEELIE_TRY(const Session session, ConnectAsUser(program, options, flags));
  STEELIE_CHECK_OK(session.client->CancelUpdate().WithContext("canceling update"));
  program.console().Line("Cancellation successful");
  program.console().Json(client::JsonObject().Add("cancelled", true));
  return 0;
}

Result<int> Get(const Program& program, const Options& options) {
  STEELIE_TRY(const Session session, ConnectCached(program, options.address));
  STEELIE_TRY(const client::PendingUpdate pending,
              session.client->GetPendingUpdate().WithContext("getting pending update"));
  const std::string text = options.missing ? "The following users have not yet acknowledged the update: [" +
                                                 Join(pending.missing_users, " ") + "]"
                                           : ToText(pending.manifest);
  if (options.output.empty()) {
    if (options.missing) {
      program.console().Line(text);
    } else {
      program.console().Data(text);
    }
  } else {
    STEELIE_CHECK_OK(client::WriteOutput(options.output, AsBytes(text), client::OutputKind::kPublic));
  }
  program.console().Json(client::JsonObject()
                             .Add("manifest", ToText(pending.manifest))
                             .Add("message", pending.message)
                             .Add("missingUsers", pending.missing_users));
  return 0;
}

using UserFunction = Result<int> (*)(const Program&, const Options&, const UserFlags&);

void AddForUser(CLI::App& parent, Program& program, const char* name, const char* description, bool takes_manifest,
                UserFunction function) {
  CLI::App& command = AddCommand(parent, name, description);
  auto options = std::make_shared<Options>();
  if (takes_manifest) {
    AddArgument(command, "MANIFEST", options->manifest, "Update manifest, JSON or YAML");
    AddFileOption(command, "-r,--recoverydata", options->recovery_data, "File for new recovery secrets");
  }
  AddAddress(command, options->address);
  const std::shared_ptr<UserFlags> flags = AddUserFlags(command);
  program.Register(command, [&program, options, flags, function] { return function(program, *options, *flags); });
}

}  // namespace

void AddManifestUpdateCommand(CLI::App& parent, Program& program) {
  CLI::App& update = AddCommand(parent, "update", "Update the manifest of a Coordinator");
  AddForUser(update, program, "apply", "Apply an update, or propose it if others must agree", true, Apply);
  AddForUser(update, program, "acknowledge", "Agree to a pending update", true, Acknowledge);
  AddForUser(update, program, "cancel", "Drop a pending update", false, Cancel);
  CLI::App& get = AddCommand(update, "get", "Show a pending update");
  auto options = std::make_shared<Options>();
  AddAddress(get, options->address);
  AddFileOption(get, "-o,--output", options->output, "File for the manifest instead of standard output");
  AddFlag(get, "--missing", options->missing, "Show who has not yet acknowledged it instead");
  program.Register(get, [&program, options] { return Get(program, *options); });
}

}  // namespace steelie::cli
