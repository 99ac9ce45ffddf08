#include "control/event.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie::control {
namespace {

using steelie::testing::FailsWith;

SecretBuffer Encoded() {
  Activated body;
  body.marble_type = "type";
  body.uuid = *Uuid::Parse("00112233-4455-4677-8899-aabbccddeeff");
  body.counted = true;
  return EncodeEvent({Instant(std::chrono::seconds(5)), body});
}

TEST(Event, RoundTrips) {
  ASSERT_OK_AND_ASSIGN(const Event event, DecodeEvent(Encoded()));
  EXPECT_EQ(event.time, Instant(std::chrono::seconds(5)));
  const auto& body = std::get<Activated>(event.body);
  EXPECT_EQ(body.marble_type, "type");
  EXPECT_TRUE(body.counted);
  EXPECT_EQ(body.uuid.ToString(), "00112233-4455-4677-8899-aabbccddeeff");
}

TEST(Event, SecretsRoundTrip) {
  SecretsWritten written;
  written.user = "u";
  auto secret = std::make_shared<StoredSecret>();
  secret->valid_for = 3;
  secret->private_half = SecretHalf(ByteView(Bytes{1, 2, 3}));
  written.secrets.emplace("name", secret);
  ASSERT_OK_AND_ASSIGN(const Event event, DecodeEvent(EncodeEvent({{}, std::move(written)})));
  const auto& body = std::get<SecretsWritten>(event.body);
  EXPECT_EQ(body.secrets.at("name")->private_half.size(), 3U);
  EXPECT_EQ(body.secrets.at("name")->valid_for, 3U);
}

TEST(Event, TheFloorOfTimeRoundTrips) {
  const SecretBuffer bytes =
      EncodeEvent({Instant(std::chrono::seconds(9)), TimeFloorLowered{"u", Instant(std::chrono::seconds(5))}});
  EXPECT_EQ(bytes[0], 12);
  ASSERT_OK_AND_ASSIGN(const Event event, DecodeEvent(bytes));
  const auto& body = std::get<TimeFloorLowered>(event.body);
  EXPECT_EQ(body.user, "u");
  EXPECT_EQ(body.floor, Instant(std::chrono::seconds(5)));
}

TEST(Event, EveryTruncationIsRefused) {
  const SecretBuffer good = Encoded();
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_THAT(DecodeEvent(ByteView(good).first(n)), FailsWith("event.malformed")) << n;
  }
  SecretBuffer longer = good;
  longer.push_back(0);
  EXPECT_THAT(DecodeEvent(longer), FailsWith("event.malformed"));
}

TEST(Event, NewerTypesAndVersionsAreRefused) {
  SecretBuffer newer = Encoded();
  newer[2] = 2;
  EXPECT_THAT(DecodeEvent(newer), FailsWith("event.version"));
  SecretBuffer unknown = Encoded();
  unknown[0] = 200;
  EXPECT_THAT(DecodeEvent(unknown), FailsWith("event.version"));
}

}  // namespace
}  // namespace steelie::control
