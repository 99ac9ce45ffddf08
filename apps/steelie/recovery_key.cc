#include "recovery_key.h"

#include "base/file.h"
#include "client/tls_identity.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

}  // namespace

std::shared_ptr<RecoveryKeyFlags> AddRecoveryKeyFlags(CLI::App& command) {
  auto flags = std::make_shared<RecoveryKeyFlags>();
  AddFileOption(command, "-k,--key", flags->key, "PEM private key (RSA) of the recovery key");
  AddFileOption(command, "--pkcs11-config", flags->pkcs11_config,
                "PKCS#11 configuration (not supported for recovery keys)");
  AddOption(command, "--pkcs11-key-id", flags->pkcs11_key_id, "PKCS#11 key id");
  AddOption(command, "--pkcs11-key-label", flags->pkcs11_key_label, "PKCS#11 key label");
  return flags;
}

Result<PrivateKey> LoadRecoveryKey(const RecoveryKeyFlags& flags, const char* missing) {
  if (!flags.pkcs11_config.empty() || !flags.pkcs11_key_id.empty() || !flags.pkcs11_key_label.empty()) {
    return Error(Code::kInvalidArgument, "cli.pkcs11", "recovery keys in a token are not supported: use --key");
  }
  if (flags.key.empty()) return Error(Code::kInvalidArgument, "cli.key", missing);
  return client::ReadPrivateKey(flags.key);
}

Result<SecretBuffer> ReadRecoverySecret(const std::string& file) {
  STEELIE_TRY(Bytes bytes, ReadFile(file, kMaxFile).WithContext("reading the recovery secret"));
  SecretBuffer out(bytes.begin(), bytes.end());
  Wipe(bytes.data(), bytes.size());
  return out;
}

}  // namespace steelie::cli
