#include "client/token_recovery_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"
#include "client/recovery.h"
#include "client/test/fake_token.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;
using ::testing::HasSubstr;

class TokenRecoveryKeyTest : public ::testing::Test {
 protected:
  TokenRecoveryKeyTest() : key_(*PrivateKey::Generate(KeyKind::kRsa, 2048)) {
    const std::filesystem::path path = folder_.path() / "key";
    EXPECT_TRUE(key_.ToPkcs8().Reveal([&](ByteView der) { return ReplaceFile(path, der); }));
    ::setenv("FAKE_TOKEN_KEY", path.c_str(), 1);
  }

  static Result<std::unique_ptr<RecoveryKey>> Open(FakeToken token) {
    TokenConfig config;
    config.module = std::getenv("FAKE_TOKEN");
    config.slot = static_cast<std::uint64_t>(token);
    config.login = false;
    STEELIE_TRY(std::shared_ptr<Token> opened, Token::Open(config));
    return RecoveryKeyInToken(std::move(opened), {"any", ""});
  }

  steelie::testing::TempFolder folder_;
  PrivateKey key_;
  const Bytes secret_ = Bytes(33, 9);
};

TEST_F(TokenRecoveryKeyTest, DecryptsAndSignsInWhateverWayTheTokenCan) {
  ASSERT_OK_AND_ASSIGN(const Bytes encrypted, key_.public_key().RsaOaepEncrypt(secret_));
  for (const FakeToken token : {FakeToken::kOaep, FakeToken::kRawOnly, FakeToken::kRefusesLate}) {
    ASSERT_OK_AND_ASSIGN(const auto key, Open(token));
    ASSERT_OK_AND_ASSIGN(const RecoveryUpload upload, PrepareRecovery(encrypted, *key));
    EXPECT_EQ(ToBytes(ByteView(upload.secret)), secret_);
    EXPECT_TRUE(key_.public_key().Verify(SignatureScheme::kRsaPkcs1Sha256, secret_, upload.signature));
  }
}

TEST_F(TokenRecoveryKeyTest, SaysThatASecretIsForAnotherKey) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey other, PrivateKey::Generate(KeyKind::kRsa, 2048));
  ASSERT_OK_AND_ASSIGN(const Bytes encrypted, other.public_key().RsaOaepEncrypt(secret_));
  for (const FakeToken token : {FakeToken::kOaep, FakeToken::kRawOnly, FakeToken::kRefusesLate}) {
    ASSERT_OK_AND_ASSIGN(const auto key, Open(token));
    for (const Bytes& bytes : {encrypted, Bytes(), Bytes(31, 1), Bytes(256, 0xff), Bytes(5000, 1)}) {
      EXPECT_THAT(key->Decrypt(bytes), FailsWith("client.recovery.secret")) << bytes.size();
    }
  }
}

TEST_F(TokenRecoveryKeyTest, SaysWhatTheTokenCannotDo) {
  ASSERT_OK_AND_ASSIGN(const Bytes encrypted, key_.public_key().RsaOaepEncrypt(secret_));
  ASSERT_OK_AND_ASSIGN(const auto neither, Open(FakeToken::kNeither));
  const auto refused = neither->Decrypt(encrypted);
  ASSERT_THAT(refused, FailsWith("client.pkcs11.mechanism"));
  EXPECT_THAT(refused.error().message(), HasSubstr("cannot hold a recovery key"));
  ASSERT_OK_AND_ASSIGN(const auto signs, Open(FakeToken::kSignsOnly));
  const auto forbidden = signs->Decrypt(encrypted);
  ASSERT_THAT(forbidden, FailsWith("client.pkcs11.decrypt"));
  EXPECT_THAT(forbidden.error().message(), HasSubstr("CKA_DECRYPT"));
  // A plain secret needs no decryption.
  ASSERT_OK_AND_ASSIGN(const RecoveryUpload upload, PrepareRecovery(secret_, *signs));
  EXPECT_TRUE(key_.public_key().Verify(SignatureScheme::kRsaPkcs1Sha256, secret_, upload.signature));
}

}  // namespace
}  // namespace steelie::client
