#include "client/recovery_key.h"

namespace steelie::client {
namespace {

class KeyInMemory final : public RecoveryKey {
 public:
  explicit KeyInMemory(PrivateKey key) : key_(std::move(key)) {}

  Result<SecretBuffer> Decrypt(ByteView ciphertext) const override {
    Result<SecretBuffer> plain = key_.RsaOaepDecrypt(ciphertext);
    if (!plain) return NotForThisKey(ciphertext, {});
    return plain;
  }
  Result<Bytes> Sign(ByteView message) const override { return key_.Sign(SignatureScheme::kRsaPkcs1Sha256, message); }

 private:
  PrivateKey key_;
};

}  // namespace

Error NoRecoveryKey(std::string_view kind) {
  return Error(Code::kInvalidArgument, "client.recovery.key",
               "a recovery key is an RSA key, this one is " + std::string(kind));
}

Error NotForThisKey(ByteView ciphertext, const std::string& detail) {
  return Error(Code::kInvalidArgument, "client.recovery.secret",
               "the recovery secret (" + std::to_string(ciphertext.size()) + " bytes) does not decrypt with this key" +
                   (detail.empty() ? "" : " (" + detail + ")") + ": it is for another key, or still base64");
}

Result<std::unique_ptr<RecoveryKey>> RecoveryKeyInMemory(PrivateKey key) {
  if (key.kind() != KeyKind::kRsa) return NoRecoveryKey(KeyKindName(key.kind()));
  return std::unique_ptr<RecoveryKey>(std::make_unique<KeyInMemory>(std::move(key)));
}

}  // namespace steelie::client
