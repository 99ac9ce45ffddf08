#include "base/codec.h"

#include <gtest/gtest.h>

namespace steelie {
namespace {

TEST(Codec, ReadsWhatWasWritten) {
  Writer w;
  w.U8(1);
  w.U16(0x0203);
  w.U32(0x04050607);
  w.U64(0x08090a0b0c0d0e0fU);
  w.Bool(true);
  w.Sized("text");
  Reader r(w.data());
  EXPECT_EQ(r.U8(), 1);
  EXPECT_EQ(r.U16(), 0x0203);
  EXPECT_EQ(r.U32(), 0x04050607U);
  EXPECT_EQ(r.U64(), 0x08090a0b0c0d0e0fU);
  EXPECT_TRUE(r.Bool());
  EXPECT_EQ(r.SizedText(), "text");
  EXPECT_TRUE(r.AtEnd());
}

TEST(Codec, IsLittleEndian) {
  Writer w;
  w.U32(0x01020304);
  EXPECT_EQ(w.data(), (Bytes{4, 3, 2, 1}));
}

TEST(Codec, EveryTruncationFailsAndStaysFailed) {
  Writer w;
  w.U32(3);
  w.Raw(Bytes{7, 8, 9});
  w.U16(5);
  for (std::size_t n = 0; n < w.data().size(); ++n) {
    Reader r(ByteView(w.data()).first(n));
    (void)r.Sized();
    (void)r.U16();
    EXPECT_FALSE(r.ok()) << n;
    EXPECT_EQ(r.U8(), 0) << n;
    EXPECT_FALSE(r.AtEnd()) << n;
  }
}

TEST(Codec, BoundsLengthsAndCounts) {
  Writer w;
  w.U32(0xffffffffU);
  Reader length(w.data());
  EXPECT_TRUE(length.Sized().empty());
  EXPECT_FALSE(length.ok());
  Reader count(w.data());
  EXPECT_EQ(count.Count(1), 0U);
  EXPECT_FALSE(count.ok());
  const Bytes two_bytes = {2, 0, 0, 0, 1, 1};
  Reader limited(two_bytes);
  EXPECT_TRUE(limited.Sized(1).empty());
  EXPECT_FALSE(limited.ok());
}

TEST(Codec, BoolIsZeroOrOne) {
  const Bytes two{2};
  Reader r(two);
  EXPECT_FALSE(r.Bool());
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace steelie
