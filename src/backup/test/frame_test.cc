#include "backup/frame.h"

#include <gtest/gtest.h>

namespace steelie::backup {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

// Neither a part of the bytes decodes, nor the bytes and one more.
template <typename Decode>
void ExpectExact(const Bytes& bytes, Decode decode) {
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(ByteView(bytes).first(size))) << size;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer));
}

Bytes Head(std::uint8_t kind, std::uint32_t size) {
  Bytes out = {kind};
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(size >> shift));
  return out;
}

TEST(Frame, HasAHeaderAndItsPayload) {
  const Bytes frame = EncodeFrame(FrameKind::kNote, AsBytes("abc"));
  ASSERT_EQ(frame.size(), kFrameHeaderSize + 3);
  const auto header = DecodeFrameHeader(ByteView(frame).first(kFrameHeaderSize));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->kind, FrameKind::kNote);
  EXPECT_EQ(header->size, 3U);
  EXPECT_EQ(AsText(ByteView(frame).subspan(kFrameHeaderSize)), "abc");
  ExpectExact(Head(1, 3), DecodeFrameHeader);
}

TEST(Frame, OfUnknownKindOrTooLargeIsNone) {
  for (std::uint8_t kind = 1; kind <= 6; ++kind) EXPECT_TRUE(DecodeFrameHeader(Head(kind, 0))) << int{kind};
  for (const std::uint8_t kind : Bytes{0, 7, 255}) EXPECT_FALSE(DecodeFrameHeader(Head(kind, 0))) << int{kind};
  EXPECT_TRUE(DecodeFrameHeader(Head(3, kMaxFrame)));
  EXPECT_FALSE(DecodeFrameHeader(Head(3, kMaxFrame + 1)));
  EXPECT_FALSE(DecodeFrameHeader(Head(3, 0xffffffffU)));
  EXPECT_EQ(EncodeFrame(FrameKind::kLedger, Bytes(kMaxFrame)).size(), kFrameHeaderSize + kMaxFrame);
}

TEST(Frame, ProgressNeverExceedsTheWhole) {
  for (const Pair& pair : {Pair{0, 0}, Pair{1, 2}, Pair{kHuge, kHuge}}) {
    EXPECT_EQ(DecodeProgress(EncodeProgress(pair)), pair);
  }
  EXPECT_FALSE(DecodeProgress(EncodeProgress({2, 1})));
  EXPECT_FALSE(DecodeProgress(EncodeProgress({kHuge, 0})));
  ExpectExact(EncodeProgress({1, 2}), DecodeProgress);
}

TEST(Frame, RefusalsAreCutToWhatIsRead) {
  const Refusal refusal{"backup.space", "make room"};
  EXPECT_EQ(DecodeRefusal(EncodeRefusal(refusal)), refusal);
  ExpectExact(EncodeRefusal(refusal), DecodeRefusal);
  const auto cut = DecodeRefusal(EncodeRefusal({std::string(1000, 'r'), std::string(100'000, 'm')}));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->reason.size(), 256U);
  EXPECT_EQ(cut->message.size(), 8192U);
}

TEST(Frame, RefusalsWithLongerTextsAreNone) {
  const auto refusal = [](std::size_t reason, std::size_t message) {
    Bytes out = Head('r', static_cast<std::uint32_t>(reason));
    out.erase(out.begin());
    out.insert(out.end(), reason, 'r');
    const Bytes size = Head('m', static_cast<std::uint32_t>(message));
    out.insert(out.end(), size.begin() + 1, size.end());
    out.insert(out.end(), message, 'm');
    return out;
  };
  EXPECT_TRUE(DecodeRefusal(refusal(256, 8192)));
  EXPECT_FALSE(DecodeRefusal(refusal(257, 0)));
  EXPECT_FALSE(DecodeRefusal(refusal(0, 8193)));
}

TEST(Frame, TheEndHasASizeAndAHash) {
  End end{kHuge, {}};
  end.hash.fill(7);
  EXPECT_EQ(DecodeEnd(EncodeEnd(end)), end);
  ExpectExact(EncodeEnd(end), DecodeEnd);
}

}  // namespace
}  // namespace steelie::backup
