#include "client/recovery.h"

namespace steelie::client {
namespace {

bool IsPlain(std::size_t size) { return size == 16 || size == 32 || size == 33; }

}  // namespace

Result<RecoveryUpload> PrepareRecovery(ByteView file, const PrivateKey& key) {
  if (key.kind() != KeyKind::kRsa) {
    return Error(Code::kInvalidArgument, "client.recovery.key",
                 "a recovery key is an RSA key, this one is " + std::string(KeyKindName(key.kind())));
  }
  RecoveryUpload out;
  if (IsPlain(file.size())) {
    out.secret.assign(file.begin(), file.end());
  } else {
    Result<SecretBuffer> plain = key.RsaOaepDecrypt(file);
    if (!plain) {
      return Error(Code::kInvalidArgument, "client.recovery.secret",
                   "the recovery secret (" + std::to_string(file.size()) +
                       " bytes) does not decrypt with this key: it is for another key, or still base64");
    }
    out.secret = std::move(*plain);
  }
  STEELIE_TRY(out.signature, key.Sign(SignatureScheme::kRsaPkcs1Sha256, out.secret));
  return out;
}

}  // namespace steelie::client
