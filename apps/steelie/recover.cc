#include "base/file.h"
#include "client/recovery.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

struct Options {
  std::string file;
  std::string address;
  std::string key;
  std::string pkcs11_config, pkcs11_key_id, pkcs11_key_label;
};

Result<PrivateKey> LoadKey(const Options& options) {
  if (!options.pkcs11_config.empty() || !options.pkcs11_key_id.empty() || !options.pkcs11_key_label.empty()) {
    return Error(Code::kInvalidArgument, "cli.pkcs11", "recovery keys in a token are not supported: use --key");
  }
  if (options.key.empty()) {
    return Error(Code::kInvalidArgument, "cli.key", "recovery needs the private recovery key: give it with --key");
  }
  return client::ReadPrivateKey(options.key);
}

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_TRY(const PrivateKey key, LoadKey(options));
  STEELIE_TRY(Bytes file, ReadFile(options.file, kMaxFile).WithContext("reading the recovery secret"));
  Result<client::RecoveryUpload> upload = client::PrepareRecovery(file, key);
  Wipe(file.data(), file.size());
  if (!upload) return Error(upload.error()).WithContext(options.file);
  STEELIE_TRY(const Session session, ConnectVerified(program, options.address));
  STEELIE_TRY(const PublicKey transport_key,
              session.client->GetRecoveryPublicKey().WithContext("retrieving the Coordinator's recovery public key"));
  // Encrypted to the Coordinator itself, so that the secret passes no proxy in the clear.
  STEELIE_TRY(const Bytes encrypted, transport_key.RsaOaepEncrypt(upload->secret));
  STEELIE_TRY(const client::RecoverAnswer answer,
              session.client->Recover(encrypted, upload->signature).WithContext("recovering Coordinator"));
  program.console().Line(answer.remaining == 0
                             ? "Recovery successful."
                             : "Secret was processed successfully. Upload the next secret. Remaining secrets: " +
                                   std::to_string(answer.remaining));
  program.console().Json(
      client::JsonObject().Add("recovered", answer.remaining == 0).Add("remaining", answer.remaining));
  STEELIE_CHECK_OK(SaveQuote(program, session));
  return 0;
}

}  // namespace

void AddRecoverCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "recover", "Give a Coordinator a recovery secret");
  auto options = std::make_shared<Options>();
  AddArgument(command, "FILE", options->file, "Recovery secret, binary, encrypted or plain");
  AddAddress(command, options->address);
  AddFileOption(command, "-k,--key", options->key, "PEM private key (RSA) of the recovery key");
  AddFileOption(command, "--pkcs11-config", options->pkcs11_config,
                "PKCS#11 configuration (not supported for recovery keys)");
  AddOption(command, "--pkcs11-key-id", options->pkcs11_key_id, "PKCS#11 key id");
  AddOption(command, "--pkcs11-key-label", options->pkcs11_key_label, "PKCS#11 key label");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
