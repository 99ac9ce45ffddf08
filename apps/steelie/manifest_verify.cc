#include "client/manifest_file.h"
#include "commands.h"
#include "manifest/fingerprint.h"
#include "session.h"

namespace steelie::cli {
namespace {

// The argument is an existing file, or else a fingerprint.
Result<std::string> ExpectedFingerprint(const std::string& argument) {
  std::error_code ignored;
  if (std::filesystem::exists(argument, ignored)) {
    STEELIE_TRY(const client::ManifestFile file, client::ReadManifestFile(argument));
    return manifest::Fingerprint(file.document);
  }
  const auto bad = [&](const char* why) {
    return Error(Code::kInvalidArgument, "cli.fingerprint", argument.substr(0, 200) + why);
  };
  if (argument.size() != 64) {
    return bad(" is not a file and of invalid length to be a signature (needs to be 32 bytes)");
  }
  const Result<Bytes> bytes = HexDecode(argument);
  if (!bytes) return bad(" is not a file and not a valid signature (needs to be in hex format)");
  return HexEncode(*bytes);
}

Result<int> Run(const Program& program, const std::string& argument, const std::string& address) {
  STEELIE_TRY(const std::string expected, ExpectedFingerprint(argument));
  STEELIE_TRY(const Session session, ConnectVerified(program, address));
  STEELIE_TRY(const client::ManifestAnswer answer, session.client->GetManifest().WithContext("getting manifest"));
  if (answer.manifest.empty()) {
    return Error(Code::kFailedPrecondition, "cli.no_manifest",
                 "Coordinator returned no manifest signature. Is the Coordinator in the correct state?");
  }
  // Taken from the manifest itself, not from what the answer says about it.
  const std::string seen = manifest::Fingerprint(answer.manifest);
  if (seen != expected) {
    return Error(
        Code::kFailedPrecondition, "cli.fingerprint_differs",
        "remote manifest hash does not match local hash: expected " + expected + ", the Coordinator has " + seen);
  }
  STEELIE_CHECK_OK(SaveQuote(program, session));
  STEELIE_CHECK_OK(SaveCertificates(program, session));
  program.console().Line("OK");
  program.console().Json(
      client::JsonObject().Add("fingerprint", seen).Add("verified", session.coordinator->claims.has_value()));
  return 0;
}

}  // namespace

void AddManifestVerifyCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "verify", "Verify a Coordinator and that it has a certain manifest");
  auto argument = std::make_shared<std::string>();
  auto address = std::make_shared<std::string>();
  AddArgument(command, "MANIFEST", *argument, "Manifest (JSON or YAML), or its fingerprint in hex");
  AddAddress(command, *address);
  program.Register(command, [&program, argument, address] { return Run(program, *argument, *address); });
}

}  // namespace steelie::cli
