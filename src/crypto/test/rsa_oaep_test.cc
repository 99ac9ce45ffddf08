#include "crypto/rsa_oaep.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/testing/result_matchers.h"
#include "crypto/key.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

using steelie::testing::FailsWith;

constexpr int kBits = 2048;
constexpr std::size_t kSize = kBits / 8;

const PrivateKey& Key() {
  static const PrivateKey key = *PrivateKey::Generate(KeyKind::kRsa, kBits);
  return key;
}

// What a token does that can no more than RSA.
Bytes Raw(ByteView ciphertext) {
  const openssl::PkeyCtxPtr ctx(EVP_PKEY_CTX_new(Key().native(), nullptr));
  Bytes out(kSize);
  std::size_t size = out.size();
  EXPECT_EQ(EVP_PKEY_decrypt_init(ctx.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_NO_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_decrypt(ctx.get(), out.data(), &size, ciphertext.data(), ciphertext.size()), 1);
  return out;
}

TEST(RsaOaepPadding, GivesWhatWasEncrypted) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{16}, std::size_t{33}, kSize - 66}) {
    const Bytes message(size, 0x5a);
    const Bytes padded = Raw(*Key().public_key().RsaOaepEncrypt(message));
    ASSERT_OK_AND_ASSIGN(const SecretBuffer plain, RemoveOaepPadding(padded, kSize));
    EXPECT_EQ(ToBytes(ByteView(plain)), message);
    // A number without its leading zero, which OAEP always has.
    ASSERT_EQ(padded[0], 0);
    ASSERT_OK_AND_ASSIGN(const SecretBuffer shorter, RemoveOaepPadding(ByteView(padded).subspan(1), kSize));
    EXPECT_EQ(ToBytes(ByteView(shorter)), message);
  }
}

TEST(RsaOaepPadding, RefusesEverythingElse) {
  const Bytes padded = Raw(*Key().public_key().RsaOaepEncrypt(Bytes(32, 1)));
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{40}, kSize - 1}) {
    Bytes damaged = padded;
    damaged[i] ^= 1U;
    EXPECT_THAT(RemoveOaepPadding(damaged, kSize), FailsWith("crypto.rsa.oaep")) << i;
  }
  EXPECT_THAT(RemoveOaepPadding({}, kSize), FailsWith("crypto.rsa.oaep"));
  EXPECT_THAT(RemoveOaepPadding(padded, kSize - 1), FailsWith("crypto.rsa.oaep"));
  EXPECT_THAT(RemoveOaepPadding(Bytes(65), 65), FailsWith("crypto.rsa.oaep"));
  EXPECT_THAT(RemoveOaepPadding(Bytes(1), std::size_t{1} << 40U), FailsWith("crypto.rsa.oaep"));
}

TEST(RsaDigestInfo, IsWhatAnRsaSignatureIsOver) {
  const Bytes message(33, 3);
  const SecretBuffer info = Sha256DigestInfo(message);
  const openssl::PkeyCtxPtr ctx(EVP_PKEY_CTX_new(Key().native(), nullptr));
  Bytes signature(kSize);
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_PKEY_sign_init(ctx.get()), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING), 1);
  ASSERT_EQ(EVP_PKEY_sign(ctx.get(), signature.data(), &size, info.data(), info.size()), 1);
  EXPECT_TRUE(Key().public_key().Verify(SignatureScheme::kRsaPkcs1Sha256, message, signature));
}

}  // namespace
}  // namespace steelie
