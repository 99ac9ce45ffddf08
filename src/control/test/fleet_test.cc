#include "control/fleet.h"

#include <gtest/gtest.h>

#include <set>

#include "base/codec.h"

namespace steelie::control {
namespace {

Uuid UuidOfNumber(std::uint32_t n) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return Uuid(bytes);
}

void Join(Fleet& fleet, std::string_view type, std::uint32_t n, std::string_view claims = "claims") {
  fleet.Record(type, UuidOfNumber(n), Instant(std::chrono::seconds(n)), 1, Sha256(AsBytes(claims)), AsBytes(claims));
}

TEST(Fleet, KeepsTheNewestOfEachMarble) {
  Fleet fleet;
  Join(fleet, "a", 1, "old");
  Join(fleet, "a", 1, "new");
  Join(fleet, "b", 1, "other");
  const FleetRecord* record = fleet.Find("a", UuidOfNumber(1));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->activations, 2U);
  EXPECT_EQ(*record->claims, ToBytes("new"));
  EXPECT_EQ(*fleet.Find("b", UuidOfNumber(1))->claims, ToBytes("other"));
  EXPECT_EQ(fleet.Find("c", UuidOfNumber(1)), nullptr);
  std::set<std::string> seen;
  fleet.ForEach([&](std::string_view type, const Uuid& uuid, const FleetRecord&) {
    EXPECT_EQ(uuid, UuidOfNumber(1));
    EXPECT_TRUE(seen.emplace(type).second);
  });
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b"}));
}

TEST(Fleet, EqualClaimsAreStoredOnce) {
  Fleet fleet;
  Join(fleet, "a", 1);
  Join(fleet, "a", 2);
  EXPECT_EQ(fleet.Find("a", UuidOfNumber(1))->claims, fleet.Find("a", UuidOfNumber(2))->claims);
}

TEST(Fleet, IsBoundedAndForgetsTheOldest) {
  Fleet fleet;
  const auto most = static_cast<std::uint32_t>(Fleet::kGeneration);
  for (std::uint32_t n = 0; n < 3 * most; ++n) {
    Join(fleet, "a", n);
    Join(fleet, "a", 3 * most);  // one that keeps coming
  }
  std::size_t count = 0;
  fleet.ForEach([&](std::string_view, const Uuid&, const FleetRecord&) { ++count; });
  EXPECT_GE(count, most);
  EXPECT_LE(count, 2 * most);
  EXPECT_EQ(fleet.Find("a", UuidOfNumber(0)), nullptr);
  EXPECT_NE(fleet.Find("a", UuidOfNumber(3 * most - 1)), nullptr);
  EXPECT_EQ(fleet.Find("a", UuidOfNumber(3 * most))->activations, 3 * most);
}

}  // namespace
}  // namespace steelie::control
