#include "client/manifest_file.h"
#include "client/output_file.h"
#include "commands.h"
#include "manifest/fingerprint.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string address;
  std::string output;
  bool signature = false;
  bool display_update = false;
  bool keep_certificate = false;
};

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  ReportVerified(program, session, "requesting manifest");
  STEELIE_TRY(const client::ManifestAnswer answer, session.client->GetManifest().WithContext("getting manifest"));
  std::string text = ToText(answer.manifest);
  if (options.display_update) {
    STEELIE_TRY(const std::vector<std::string> log,
                session.client->GetUpdateLog().WithContext("getting manifest: retrieving update log"));
    STEELIE_TRY(text, client::EffectiveManifest(answer.manifest, log));
  }
  const std::string fingerprint = manifest::Fingerprint(answer.manifest);
  std::string output = text;
  if (options.signature) {
    output = "{\n\"ManifestSignature\": \"" + fingerprint + "\",\n\"Manifest\": " + text + "}";
  }
  if (options.output.empty()) {
    program.console().Data(output + "\n");
  } else {
    STEELIE_CHECK_OK(client::WriteOutput(options.output, AsBytes(output), client::OutputKind::kPrivate));
    program.console().Line("Manifest written to: " + options.output);
  }
  program.console().Json(client::JsonObject()
                             .Add("fingerprint", fingerprint)
                             .Add("signatureRootECDSA", Base64Encode(answer.signature))
                             .Add("manifest", text));
  STEELIE_CHECK_OK(SaveQuote(program, session));
  if (options.keep_certificate) STEELIE_CHECK_OK(SaveCertificates(program, session));
  return 0;
}

}  // namespace

void AddManifestGetCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "get", "Verify a Coordinator and read its manifest");
  auto options = std::make_shared<Options>();
  AddAddress(command, options->address);
  AddFileOption(command, "-o,--output", options->output, "File for the manifest instead of standard output");
  AddFlag(command, "-s,--signature", options->signature, "Add the manifest's fingerprint");
  AddFlag(command, "-u,--display-update", options->display_update, "Show the manifest with package updates applied");
  AddFlag(command, "--keep-cert", options->keep_certificate, "Save the Coordinator's certificates in the cache");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
