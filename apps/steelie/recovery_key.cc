#include "recovery_key.h"

#include "base/file.h"
#include "client/tls_identity.h"
#include "client/token_recovery_key.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

}  // namespace

std::shared_ptr<RecoveryKeyFlags> AddRecoveryKeyFlags(CLI::App& command) {
  auto flags = std::make_shared<RecoveryKeyFlags>();
  AddFileOption(command, "-k,--key", flags->key, "PEM private key (RSA) of the recovery key");
  AddFileOption(command, "--pkcs11-config", flags->pkcs11_config,
                "PKCS#11 configuration (JSON): the token that has the recovery key");
  AddOption(command, "--pkcs11-key-id", flags->pkcs11_key_id, "PKCS#11 key id");
  AddOption(command, "--pkcs11-key-label", flags->pkcs11_key_label, "PKCS#11 key label");
  return flags;
}

Result<std::unique_ptr<client::RecoveryKey>> LoadRecoveryKey(const RecoveryKeyFlags& flags, const char* missing) {
  const auto bad = [](const char* why) { return Error(Code::kInvalidArgument, "cli.key", why); };
  const client::TokenObjectName token_key{flags.pkcs11_key_id, flags.pkcs11_key_label};
  if (!flags.pkcs11_config.empty()) {
    if (!flags.key.empty()) return bad("--pkcs11-config and --key exclude each other");
    if (token_key.empty()) return bad("which key of the token? Give --pkcs11-key-id or --pkcs11-key-label");
    return client::ReadTokenRecoveryKey(flags.pkcs11_config, token_key);
  }
  if (!token_key.empty()) return bad("the flags --pkcs11-... need --pkcs11-config");
  if (flags.key.empty()) return bad(missing);
  STEELIE_TRY(PrivateKey key, client::ReadPrivateKey(flags.key));
  return client::RecoveryKeyInMemory(std::move(key)).WithContext(flags.key);
}

Result<SecretBuffer> ReadRecoverySecret(const std::string& file) {
  STEELIE_TRY(Bytes bytes, ReadFile(file, kMaxFile).WithContext("reading the recovery secret"));
  SecretBuffer out(bytes.begin(), bytes.end());
  Wipe(bytes.data(), bytes.size());
  return out;
}

}  // namespace steelie::cli
