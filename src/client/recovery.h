#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "client/recovery_key.h"
#include "secret/wipe.h"

namespace steelie::client {

/// What is sent to a Coordinator in recovery.
struct RecoveryUpload {
  SecretBuffer secret;  // plain
  Bytes signature;      // RSASSA-PKCS1-v1_5 with SHA-256 over the plain secret
};

/// Whether bytes are a plain recovery secret, by their number: 16, 32 or 33.
bool IsPlainRecoverySecret(ByteView bytes);

/// The plain secret of a file as it was handed out: 16, 32 or 33 bytes are the secret itself, anything else is its
/// encryption for the holder of `key`. Errors: those of RecoveryKey::Decrypt.
Result<SecretBuffer> DecryptRecovery(ByteView file, const RecoveryKey& key);

/// From a recovery secret as it was handed out. Errors: those of DecryptRecovery and RecoveryKey::Sign.
Result<RecoveryUpload> PrepareRecovery(ByteView file, const RecoveryKey& key);

}  // namespace steelie::client
