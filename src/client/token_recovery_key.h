#pragma once

#include <filesystem>
#include <memory>

#include "client/pkcs11_token.h"
#include "client/recovery_key.h"

namespace steelie::client {

/// A recovery key that stays in a token. Decrypts by the token's RSA-OAEP with SHA-256; if the token knows OAEP with
/// SHA-1 only, or not at all, by its raw RSA.
/// Errors: those of Token; kInvalidArgument `client.recovery.key` it is no RSA key.
Result<std::unique_ptr<RecoveryKey>> RecoveryKeyInToken(std::shared_ptr<Token> token, const TokenObjectName& name);

/// `config` is the file of `--pkcs11-config`. Errors also: those of ReadTokenConfig.
Result<std::unique_ptr<RecoveryKey>> ReadTokenRecoveryKey(const std::filesystem::path& config,
                                                          const TokenObjectName& name);

}  // namespace steelie::client
