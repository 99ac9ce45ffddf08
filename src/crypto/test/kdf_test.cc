#include "crypto/kdf.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie {
namespace {

// RFC 5869 appendix A.1 and A.3.
TEST(Hkdf, Rfc5869Vectors) {
  const Bytes ikm(22, 0x0b);
  ASSERT_OK_AND_ASSIGN(const Bytes salt, HexDecode("000102030405060708090a0b0c"));
  ASSERT_OK_AND_ASSIGN(const Bytes info, HexDecode("f0f1f2f3f4f5f6f7f8f9"));
  EXPECT_EQ(HexEncode(HkdfSha256(ikm, salt, info, 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(HexEncode(HkdfSha256(ikm, {}, {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hkdf, LongestOutput) { EXPECT_EQ(HkdfSha256(Bytes(32, 1), {}, {}, kHkdfMax).size(), kHkdfMax); }

// RFC 4231 test case 2.
TEST(Hmac, Rfc4231Vector) {
  EXPECT_EQ(HexEncode(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace steelie
