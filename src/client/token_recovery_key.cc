#include "client/token_recovery_key.h"

#include "crypto/rsa_oaep.h"

namespace steelie::client {
namespace {

class KeyInToken final : public RecoveryKey {
 public:
  KeyInToken(std::shared_ptr<Token> token, Token::Handle handle) : token_(std::move(token)), handle_(handle) {}

  Result<SecretBuffer> Decrypt(ByteView ciphertext) const override {
    // Tokens take nothing for a mistake of the caller.
    if (ciphertext.empty()) return NotForThisKey(ciphertext, {});
    Result<SecretBuffer> plain = token_->Decrypt(handle_, Token::Decryption::kRsaOaepSha256, ciphertext);
    if (!plain && plain.error().reason() == kTokenMechanism) plain = DecryptRaw(ciphertext);
    if (!plain && plain.error().reason() == kTokenCiphertext) {
      return NotForThisKey(ciphertext, plain.error().message());
    }
    return plain;
  }

  Result<Bytes> Sign(ByteView message) const override {
    return token_->Sign(handle_, Token::Operation::kRsaPkcs1, Sha256DigestInfo(message));
  }

 private:
  Result<SecretBuffer> DecryptRaw(ByteView ciphertext) const {
    const Result<SecretBuffer> padded = token_->Decrypt(handle_, Token::Decryption::kRsaRaw, ciphertext);
    if (!padded) {
      if (padded.error().reason() != kTokenMechanism) return padded.error();
      return Error(Code::kInvalidArgument, kTokenMechanism,
                   "the token decrypts neither with RSA-OAEP and SHA-256 nor with raw RSA (CKM_RSA_X_509): it cannot "
                   "hold a recovery key");
    }
    Result<SecretBuffer> plain = RemoveOaepPadding(*padded, ciphertext.size());
    if (!plain) return NotForThisKey(ciphertext, {});
    return plain;
  }

  std::shared_ptr<Token> token_;
  Token::Handle handle_;
};

}  // namespace

Result<std::unique_ptr<RecoveryKey>> RecoveryKeyInToken(std::shared_ptr<Token> token, const TokenObjectName& name) {
  STEELIE_TRY(const Token::Handle handle, token->FindPrivateKey(name));
  STEELIE_TRY(const bool rsa, token->IsRsa(handle));
  if (!rsa) return NoRecoveryKey("of another type (in the token)");
  return std::unique_ptr<RecoveryKey>(std::make_unique<KeyInToken>(std::move(token), handle));
}

Result<std::unique_ptr<RecoveryKey>> ReadTokenRecoveryKey(const std::filesystem::path& config,
                                                          const TokenObjectName& name) {
  STEELIE_TRY(const TokenConfig parsed, ReadTokenConfig(config));
  STEELIE_TRY(std::shared_ptr<Token> token, Token::Open(parsed).WithContext(config.string()));
  return RecoveryKeyInToken(std::move(token), name);
}

}  // namespace steelie::client
