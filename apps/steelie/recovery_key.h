#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "client/recovery_key.h"
#include "flags.h"
#include "secret/wipe.h"

namespace steelie::cli {

/// Flags that name the private recovery key.
struct RecoveryKeyFlags {
  std::string key;
  std::string pkcs11_config, pkcs11_key_id, pkcs11_key_label;

  bool given() const {
    return !key.empty() || !pkcs11_config.empty() || !pkcs11_key_id.empty() || !pkcs11_key_label.empty();
  }
};
std::shared_ptr<RecoveryKeyFlags> AddRecoveryKeyFlags(CLI::App& command);

/// From a file or a token. Errors: kInvalidArgument `cli.key` none is given, with `missing` as the message, or flags
/// that do not go together; those of reading it.
Result<std::unique_ptr<client::RecoveryKey>> LoadRecoveryKey(const RecoveryKeyFlags& flags, const char* missing);

/// The content of a file with a recovery secret, plain or encrypted. Errors name the file.
Result<SecretBuffer> ReadRecoverySecret(const std::string& file);

}  // namespace steelie::cli
