#include "client/recovery.h"
#include "commands.h"
#include "recovery_key.h"
#include "recovery_upload.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string file;
  std::string address;
  std::shared_ptr<RecoveryKeyFlags> key;
};

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_TRY(
      const auto key,
      LoadRecoveryKey(*options.key, "recovery needs the private recovery key: give it with --key or --pkcs11-config"));
  STEELIE_TRY(const SecretBuffer file, ReadRecoverySecret(options.file));
  const Result<client::RecoveryUpload> upload = client::PrepareRecovery(file, *key);
  if (!upload) return Error(upload.error()).WithContext(options.file);
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  return UploadRecovery(program, session, upload->secret, upload->signature);
}

}  // namespace

void AddRecoverCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "recover", "Give a Coordinator a recovery secret");
  auto options = std::make_shared<Options>();
  AddOptionalArgument(command, "FILE", options->file, "Recovery secret, binary, encrypted or plain");
  AddOptionalArgument(command, "ADDRESS", options->address, "Client API of the Coordinator, HOST:PORT");
  options->key = AddRecoveryKeyFlags(command);
  program.Register(command, [&program, options] { return Run(program, *options); });
  AddRecoverDrillCommand(command, program);
}

}  // namespace steelie::cli
