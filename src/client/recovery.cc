#include "client/recovery.h"

namespace steelie::client {

bool IsPlainRecoverySecret(ByteView bytes) { return bytes.size() == 16 || bytes.size() == 32 || bytes.size() == 33; }

Result<SecretBuffer> DecryptRecovery(ByteView file, const RecoveryKey& key) {
  if (IsPlainRecoverySecret(file)) return SecretBuffer(file.begin(), file.end());
  return key.Decrypt(file);
}

Result<RecoveryUpload> PrepareRecovery(ByteView file, const RecoveryKey& key) {
  RecoveryUpload out;
  STEELIE_TRY(out.secret, DecryptRecovery(file, key));
  STEELIE_TRY(out.signature, key.Sign(out.secret));
  return out;
}

}  // namespace steelie::client
