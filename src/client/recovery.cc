#include "client/recovery.h"

namespace steelie::client {

bool IsPlainRecoverySecret(ByteView bytes) { return bytes.size() == 16 || bytes.size() == 32 || bytes.size() == 33; }

Result<SecretBuffer> DecryptRecovery(ByteView file, const PrivateKey& key) {
  if (key.kind() != KeyKind::kRsa) {
    return Error(Code::kInvalidArgument, "client.recovery.key",
                 "a recovery key is an RSA key, this one is " + std::string(KeyKindName(key.kind())));
  }
  if (IsPlainRecoverySecret(file)) return SecretBuffer(file.begin(), file.end());
  Result<SecretBuffer> plain = key.RsaOaepDecrypt(file);
  if (plain) return plain;
  return Error(Code::kInvalidArgument, "client.recovery.secret",
               "the recovery secret (" + std::to_string(file.size()) +
                   " bytes) does not decrypt with this key: it is for another key, or still base64");
}

Result<RecoveryUpload> PrepareRecovery(ByteView file, const PrivateKey& key) {
  RecoveryUpload out;
  STEELIE_TRY(out.secret, DecryptRecovery(file, key));
  STEELIE_TRY(out.signature, key.Sign(SignatureScheme::kRsaPkcs1Sha256, out.secret));
  return out;
}

}  // namespace steelie::client
