#include "client/manifest_file.h"
#include "commands.h"
#include "manifest/fingerprint.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string manifest;
  std::string address;
  std::string recovery_data;
};

// In recovery anybody may set a manifest, which gives the old state up: not something to do by mistake.
void WarnOfRecovery(const Program& program, const Session& session) {
  const Result<client::CoordinatorStatus> status = session.client->GetStatus();
  if (!status || status->code != client::kStateRecovery) return;
  program.console().Warning(
      "Warning: the Coordinator is in recovery. A new manifest gives its old sealed state up; it is kept as a folder "
      "backup-<time> beside the new one. 'steelie recover' opens it instead");
}

Result<int> Run(const Program& program, const Options& options) {
  // Read first, so that a missing file costs nothing.
  STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(options.manifest));
  const std::string fingerprint = manifest::Fingerprint(file.document);
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  WarnOfRecovery(program, session);
  ReportVerified(program, session, "uploading manifest");
  program.console().Line("Manifest signature: " + fingerprint);
  STEELIE_TRY(const client::RecoverySecrets secrets,
              session.client->SetManifest(file.document).WithContext("setting manifest: setting manifest"));
  program.console().Line("Manifest successfully set");
  const Status recovery = OutputRecoverySecrets(program, secrets, options.recovery_data);
  program.console().Json(client::JsonObject()
                             .Add("fingerprint", fingerprint)
                             .Add("verified", session.coordinator->claims.has_value())
                             .AddRaw("recoverySecrets", RecoverySecretsMap(secrets)));
  STEELIE_CHECK_OK(SaveQuote(program, session));
  STEELIE_CHECK_OK(SaveCertificates(program, session));
  STEELIE_CHECK_OK(recovery);
  return 0;
}

}  // namespace

void AddManifestSetCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "set", "Verify a Coordinator and give it a manifest");
  auto options = std::make_shared<Options>();
  AddArgument(command, "MANIFEST", options->manifest, "Manifest, JSON or YAML");
  AddAddress(command, options->address);
  AddFileOption(command, "-r,--recoverydata", options->recovery_data, "File for the recovery secrets");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
