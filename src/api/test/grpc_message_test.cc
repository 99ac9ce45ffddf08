#include "api/grpc/message.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie::api::grpc {
namespace {

using testing::FailsWith;

Bytes Framed(ByteView message) {
  const auto prefix = MessagePrefix(message.size());
  Bytes out(prefix.begin(), prefix.end());
  for (const std::uint8_t b : message) out.push_back(b);
  return out;
}

TEST(GrpcMessage, UnwrapsExactlyOne) {
  const Bytes framed = Framed(Bytes{1, 2, 3});
  ASSERT_OK_AND_ASSIGN(const ByteView message, UnwrapMessage(framed));
  EXPECT_EQ(ToBytes(message), (Bytes{1, 2, 3}));
  EXPECT_OK(UnwrapMessage(Framed({})));
  Bytes two = Framed(Bytes{1});
  two.push_back(0);
  EXPECT_THAT(UnwrapMessage(two), FailsWith("grpc.frame"));
  const Bytes good = Framed(Bytes{1, 2, 3});
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_THAT(UnwrapMessage(ByteView(good).first(n)), FailsWith("grpc.frame")) << n;
  }
}

TEST(GrpcMessage, RefusesCompressedAndHuge) {
  EXPECT_THAT(UnwrapMessage(Bytes{1, 0, 0, 0, 0}), FailsWith("grpc.compressed"));
  EXPECT_THAT(UnwrapMessage(Bytes{0, 0xff, 0xff, 0xff, 0xff}), FailsWith("grpc.size"));
}

TEST(GrpcMessage, Timeouts) {
  EXPECT_EQ(ParseTimeout("5S"), std::chrono::seconds(5));
  EXPECT_EQ(ParseTimeout("100m"), std::chrono::milliseconds(100));
  EXPECT_EQ(ParseTimeout("99999999H"), std::chrono::hours(1'000'000));
  for (const char* bad : {"", "S", "5", "5x", "123456789S", "-1S", "1.5S"}) EXPECT_FALSE(ParseTimeout(bad)) << bad;
}

TEST(GrpcMessage, StatusMessagesArePercentEncoded) {
  EXPECT_EQ(EncodeStatusMessage("a b%\n\xc3\xa4"), "a b%25%0A%C3%A4");
}

TEST(GrpcMessage, StatusNumbersAreThoseOfGrpc) {
  EXPECT_EQ(StatusNumber(Code::kCancelled), 1);
  EXPECT_EQ(StatusNumber(Code::kPermissionDenied), 7);
  EXPECT_EQ(StatusNumber(Code::kFailedPrecondition), 9);
  EXPECT_EQ(StatusNumber(Code::kUnimplemented), 12);
  EXPECT_EQ(StatusNumber(Code::kUnauthenticated), 16);
}

}  // namespace
}  // namespace steelie::api::grpc
