#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing/result_matchers.h"

namespace steelie {
namespace {

XaesNonce NonceFrom(std::string_view text) {
  XaesNonce nonce{};
  std::ranges::copy(AsBytes(text), nonce.begin());
  return nonce;
}

// The two vectors of the C2SP specification XAES-256-GCM.
TEST(Xaes, C2spVectors) {
  const XaesNonce nonce = NonceFrom("ABCDEFGHIJKLMNOPQRSTUVWX");
  const Bytes one(32, 0x01);
  EXPECT_EQ(HexEncode(XaesSeal(one, nonce, {}, AsBytes("XAES-256-GCM"))),
            "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  const Bytes three(32, 0x03);
  EXPECT_EQ(HexEncode(XaesSeal(three, nonce, AsBytes("c2sp.org/XAES-256-GCM"), AsBytes("XAES-256-GCM"))),
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

TEST(Xaes, OpensOnlyWhatWasSealed) {
  const Bytes key(32, 0x42);
  const XaesNonce nonce = NonceFrom("ABCDEFGHIJKLMNOPQRSTUVWX");
  const Bytes aad{1, 2, 3};
  const Bytes sealed = XaesSeal(key, nonce, aad, AsBytes("message"));
  ASSERT_OK_AND_ASSIGN(const SecretBuffer opened, XaesOpen(key, nonce, aad, sealed));
  EXPECT_EQ(AsText(opened), "message");

  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes bad = sealed;
    bad[i] ^= 1;
    EXPECT_THAT(XaesOpen(key, nonce, aad, bad), testing::FailsWith("crypto.aead.open")) << i;
    EXPECT_THAT(XaesOpen(key, nonce, aad, ByteView(sealed).first(i)), testing::FailsWith("crypto.aead.open")) << i;
  }
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    XaesNonce other = nonce;
    other[i] ^= 1;
    EXPECT_THAT(XaesOpen(key, other, aad, sealed), testing::FailsWith("crypto.aead.open")) << i;
  }
  EXPECT_THAT(XaesOpen(Bytes(32, 0x43), nonce, aad, sealed), testing::FailsWith("crypto.aead.open"));
  EXPECT_THAT(XaesOpen(key, nonce, {}, sealed), testing::FailsWith("crypto.aead.open"));
}

TEST(Xaes, EmptyMessage) {
  const Bytes key(32, 7);
  const Bytes sealed = XaesSeal(key, {}, {}, {});
  EXPECT_EQ(sealed.size(), kAeadTagSize);
  ASSERT_OK_AND_ASSIGN(const SecretBuffer opened, XaesOpen(key, {}, {}, sealed));
  EXPECT_TRUE(opened.empty());
}

// NIST CAVP gcmEncryptExtIV256, test case with empty plaintext and associated data.
TEST(Gcm, NistVector) {
  ASSERT_OK_AND_ASSIGN(const Bytes key, HexDecode("b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4"));
  ASSERT_OK_AND_ASSIGN(const Bytes iv, HexDecode("516c33929df5a3284ff463d7"));
  GcmNonce nonce{};
  std::ranges::copy(iv, nonce.begin());
  EXPECT_EQ(HexEncode(GcmSeal(key, nonce, {}, {})), "bdc1ac884d332457a1d2664f168c76f0");
}

}  // namespace
}  // namespace steelie
