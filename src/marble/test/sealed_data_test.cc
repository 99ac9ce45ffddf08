#include "marble/sealed_data.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"
#include "steelie/seal.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;

constexpr std::string_view kHexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

// Counts up, so that the vectors of docs/formats/sealed-data.md can be made again.
class CountingRandom final : public Random {
 public:
  void Fill(MutableByteView out) override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(0xa0U + i);
  }
};

Bytes RawKey() { return *HexDecode(kHexKey); }

class Sealed : public ::testing::Test {
 protected:
  Bytes Seal(std::string_view plaintext, std::string_view associated_data = "") {
    return *SealData(key_, AsBytes(plaintext), AsBytes(associated_data), random_);
  }
  Result<SecretBuffer> Unseal(ByteView sealed, std::string_view associated_data = "") const {
    return UnsealData(key_, sealed, AsBytes(associated_data));
  }

  steelie::testing::InsecureSeededRandom random_{5};
  SealKey key_ = *SealKeyFrom(RawKey());
};

TEST_F(Sealed, ComesBack) {
  for (const std::string& text : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    ASSERT_OK_AND_ASSIGN(const SecretBuffer plaintext, Unseal(Seal(text, "name"), "name"));
    EXPECT_EQ(AsText(plaintext), text);
  }
}

TEST_F(Sealed, EveryFlippedBitIsNoticed) {
  const Bytes sealed = Seal("attack at dawn");
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    Bytes tampered = sealed;
    tampered[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const auto result = Unseal(tampered);
    ASSERT_FALSE(result.has_value()) << "bit " << i;
    const std::string& reason = result.error().reason();
    if (i / 8 < 8) {
      EXPECT_EQ(reason, "seal.malformed") << "bit " << i;
    } else if (i / 8 >= 18) {
      EXPECT_EQ(reason, "seal.open") << "bit " << i;
    }
  }
}

TEST_F(Sealed, EveryTruncationAndExtensionIsNoticed) {
  Bytes sealed = Seal("attack at dawn");
  for (std::size_t n = 0; n < sealed.size(); ++n) {
    EXPECT_THAT(Unseal(ByteView(sealed).first(n)), FailsWith("seal.malformed")) << n;
  }
  sealed.push_back(0);
  EXPECT_THAT(Unseal(sealed), FailsWith("seal.malformed"));
}

TEST_F(Sealed, OtherKeysAndAssociatedDataDoNotOpenIt) {
  const Bytes sealed = Seal("text", "name");
  EXPECT_THAT(Unseal(sealed, "other"), FailsWith("seal.open"));
  EXPECT_THAT(Unseal(sealed, ""), FailsWith("seal.open"));
  const SealKey other = *SealKeyFrom(Bytes(32, 1));
  EXPECT_THAT(UnsealData(other, sealed, AsBytes("name")), FailsWith("seal.open"));
}

TEST_F(Sealed, ANewerVersionSaysSo) {
  Bytes sealed = Seal("text");
  sealed[8] = 2;
  EXPECT_THAT(Unseal(sealed), FailsWith("seal.version"));
  sealed[8] = 0;
  EXPECT_THAT(Unseal(sealed), FailsWith("seal.malformed"));
}

TEST_F(Sealed, NoTwoAreAlike) { EXPECT_NE(Seal("text"), Seal("text")); }

TEST_F(Sealed, AHugeClaimedSizeIsRefusedBeforeAnythingIsAllocated) {
  Bytes sealed = Seal("text");
  for (std::size_t i = 10; i < 18; ++i) sealed[i] = 0xff;
  EXPECT_THAT(Unseal(sealed), FailsWith("seal.malformed"));
}

std::string KeyHex(ByteView material) {
  return SealKeyFrom(material)->Reveal([](ByteView b) { return HexEncode(b); });
}

TEST(SealKey, IsWhatTheMaterialSays) {
  EXPECT_EQ(KeyHex(RawKey()), kHexKey);
  EXPECT_EQ(KeyHex(AsBytes(kHexKey)), kHexKey);
  std::string upper(kHexKey);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(KeyHex(AsBytes(upper)), kHexKey);
  // 64 bytes that are not all hexadecimal digits are material like any other.
  std::string nearly(kHexKey);
  nearly[63] = 'g';
  EXPECT_NE(KeyHex(AsBytes(nearly)).substr(0, 60), kHexKey.substr(0, 60));
  // The vectors of docs/formats/sealed-data.md.
  EXPECT_EQ(KeyHex(ByteView(RawKey()).first(16)), "881d1ad42d504ff2a717fecd683291a158dfc509132009ad7cda4b45d4aad78f");
  EXPECT_EQ(KeyHex(Bytes(64, 0x5a)), "4a9b29b1920bdce2b8e663839196f9796051cbbb70b962898b5602e881c7f3e2");
}

TEST(SealKey, OtherLengthsAreRefused) {
  for (const std::size_t n : {0U, 1U, 15U, 65U, 1000U}) {
    EXPECT_THAT(SealKeyFrom(Bytes(n, 1)), FailsWith("seal.key")) << n;
  }
  EXPECT_OK(SealKeyFrom(Bytes(16, 1)));
  EXPECT_OK(SealKeyFrom(Bytes(64, 1)));
}

TEST(SealedVectors, AreStable) {
  CountingRandom random;
  const SealKey key = *SealKeyFrom(RawKey());
  const SealKey short_key = *SealKeyFrom(ByteView(RawKey()).first(16));
  ASSERT_OK_AND_ASSIGN(const Bytes empty, SealData(key, {}, {}, random));
  ASSERT_OK_AND_ASSIGN(const Bytes text, SealData(key, AsBytes("steelie"), AsBytes("state"), random));
  ASSERT_OK_AND_ASSIGN(const Bytes short_text, SealData(short_key, AsBytes("steelie"), {}, random));
  EXPECT_EQ(HexEncode(empty),
            "53544c5345414c0001000000000000000000a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7ba5b10665b44b05b5b05a0"
            "cf0aef21ed");
  EXPECT_EQ(HexEncode(text),
            "53544c5345414c0001000700000000000000a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7bfd83f91c3be8b27d3d29b"
            "a24fc29237fa2c4b904f780c");
  EXPECT_EQ(HexEncode(short_text),
            "53544c5345414c0001000700000000000000a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b76c8e8b75935f1e6ca9fc78"
            "f8b1b4723f14090b0ae65610");
}

TEST(PublicSeal, RoundTripsAndTellsFailuresApart) {
  const steelie::testing::TempFolder folder;
  const auto file = folder.path() / "sealed";
  ASSERT_TRUE(SealFile(file, KeyText(kHexKey), KeyText("data"), KeyText("name")).ok());
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  auto back = UnsealFile(file, RawKey(), KeyText("name"));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->text(), "data");
  SecretBytes moved = std::move(*back);
  EXPECT_EQ(moved.text(), "data");
  EXPECT_TRUE(back->empty());

  EXPECT_EQ(UnsealFile(file, Bytes(32, 9), KeyText("name")).failure().reason, kSealOpen);
  EXPECT_EQ(UnsealFile(file, Bytes(8, 9), KeyText("name")).failure().reason, kSealKey);
  EXPECT_EQ(UnsealFile(folder.path() / "missing", RawKey()).failure().reason, kSealFile);
  EXPECT_EQ(SealFile(folder.path() / "no" / "folder", RawKey(), {}).failure().reason, kSealFile);
  EXPECT_EQ(Unseal(RawKey(), KeyText("short")).failure().reason, kSealMalformed);
  EXPECT_TRUE(KeyText(static_cast<const char*>(nullptr)).empty());
}

}  // namespace
}  // namespace steelie::marble
