#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "secret/wipe.h"

namespace steelie::client {

/// The private key (RSA) of a holder of a recovery secret, wherever it is.
class RecoveryKey {
 public:
  virtual ~RecoveryKey() = default;
  RecoveryKey(const RecoveryKey&) = delete;
  RecoveryKey& operator=(const RecoveryKey&) = delete;

  /// RSA-OAEP with SHA-256 for hash and mask. Errors: kInvalidArgument `client.recovery.secret` it is not encrypted for
  /// this key; those of the place where the key is.
  virtual Result<SecretBuffer> Decrypt(ByteView ciphertext) const = 0;
  /// RSASSA-PKCS1-v1_5 with SHA-256. Errors: those of the place where the key is.
  virtual Result<Bytes> Sign(ByteView message) const = 0;

 protected:
  RecoveryKey() = default;
};

/// A key in memory. Errors: kInvalidArgument `client.recovery.key` it is no RSA key.
Result<std::unique_ptr<RecoveryKey>> RecoveryKeyInMemory(PrivateKey key);

/// `client.recovery.key`; `kind` says what the key is instead.
Error NoRecoveryKey(std::string_view kind);
/// `client.recovery.secret`; `detail` may be empty.
Error NotForThisKey(ByteView ciphertext, const std::string& detail);

}  // namespace steelie::client
