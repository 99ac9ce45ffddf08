#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie {
namespace {

using testing::FailsWith;

TEST(Hex, RoundTripsAndAcceptsEitherCase) {
  EXPECT_EQ(HexEncode(Bytes{0x00, 0xab, 0xff}), "00abff");
  ASSERT_OK_AND_ASSIGN(const Bytes b, HexDecode("00aBFf"));
  EXPECT_EQ(b, (Bytes{0x00, 0xab, 0xff}));
}

TEST(Hex, RefusesOddLengthAndOtherCharacters) {
  EXPECT_THAT(HexDecode("abc"), FailsWith("bytes.hex"));
  EXPECT_THAT(HexDecode("ag"), FailsWith("bytes.hex"));
  EXPECT_THAT(HexDecode(" a"), FailsWith("bytes.hex"));
}

// RFC 4648 section 10.
TEST(Base64, Rfc4648Vectors) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) {
    EXPECT_EQ(Base64Encode(AsBytes(plain)), coded);
    ASSERT_OK_AND_ASSIGN(const Bytes back, Base64Decode(coded));
    EXPECT_EQ(ToText(back), plain);
  }
}

TEST(Base64, SkipsLineBreaksOnly) {
  ASSERT_OK_AND_ASSIGN(const Bytes b, Base64Decode("\r\nZm\n9v\r\nYg=\n=\n"));
  EXPECT_EQ(ToText(b), "foob");
  EXPECT_THAT(Base64Decode("Zm 9v"), FailsWith("bytes.base64"));
}

TEST(Base64, RefusesMissingOrMisplacedPadding) {
  for (const char* bad : {"Zg", "Zg=", "Z===", "=", "Zg==Zg==", "Zm9v=", "Zm8=x", "Zm8=="}) {
    EXPECT_THAT(Base64Decode(bad), FailsWith("bytes.base64")) << bad;
  }
}

TEST(Base64, AlphabetsDoNotMix) {
  const Bytes data{0xfb, 0xff};
  EXPECT_EQ(Base64Encode(data), "+/8=");
  EXPECT_EQ(Base64UrlEncode(data), "-_8=");
  EXPECT_THAT(Base64Decode("-_8="), FailsWith("bytes.base64"));
  EXPECT_THAT(Base64UrlDecode("+/8="), FailsWith("bytes.base64"));
}

TEST(Base64, UnusedTrailingBitsAreNotChecked) {
  ASSERT_OK_AND_ASSIGN(const Bytes b, Base64Decode("Zh=="));
  EXPECT_EQ(ToText(b), "f");
}

}  // namespace
}  // namespace steelie
