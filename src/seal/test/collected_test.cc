#include "seal/collected.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"

namespace steelie::seal {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;

const Instant kStart(std::chrono::seconds(1'767'323'045));
const PlatformKey& Key() {
  static const PlatformKey key(Bytes(32, 1));
  return key;
}

CollectedBinding Binding() {
  CollectedBinding out;
  out.ledger_id.fill(7);
  out.key_epoch = 3;
  out.position.fill(9);
  return out;
}

CollectedFile Sealed(Instant latest = kStart) {
  InsecureSeededRandom random(11);
  const std::vector<SecretBuffer> secrets = {SecretBuffer(33, 5), SecretBuffer(33, 6)};
  return SealCollected(Binding(), kStart, latest, Key(), ToBytes("info"), secrets, random);
}

TEST(Collected, DecodesAndOpensAsSealed) {
  const Bytes bytes = EncodeCollected(Sealed());
  ASSERT_OK_AND_ASSIGN(const CollectedFile file, DecodeCollected(bytes));
  EXPECT_EQ(file.binding, Binding());
  EXPECT_EQ(file.first, kStart);
  EXPECT_EQ(file.platform_info, ToBytes("info"));
  ASSERT_OK_AND_ASSIGN(const std::vector<SecretBuffer> secrets, OpenCollected(file, Key()));
  EXPECT_EQ(secrets, (std::vector<SecretBuffer>{SecretBuffer(33, 5), SecretBuffer(33, 6)}));
  EXPECT_THAT(OpenCollected(file, PlatformKey(Bytes(32, 2))), FailsWith("collected.unseal"));
  EXPECT_THAT(OpenCollected(file, PlatformKey(Bytes(31, 1))), FailsWith("collected.unseal"));
}

TEST(Collected, ShowsNothingOfTheSecrets) {
  const Bytes bytes = EncodeCollected(Sealed());
  const Bytes part(8, 5);
  EXPECT_TRUE(std::ranges::search(bytes, part).empty());
}

TEST(Collected, EveryFieldIsAuthenticated) {
  const auto refused = [](const std::function<void(CollectedFile&)>& change) {
    CollectedFile file = Sealed();
    change(file);
    EXPECT_THAT(OpenCollected(file, Key()), FailsWith("collected.unseal"));
  };
  refused([](CollectedFile& f) { f.binding.ledger_id[0] ^= 1; });
  refused([](CollectedFile& f) { f.binding.simulation = true; });
  refused([](CollectedFile& f) { ++f.binding.key_epoch; });
  refused([](CollectedFile& f) { f.binding.position[31] ^= 1; });
  refused([](CollectedFile& f) { f.first += std::chrono::nanoseconds(1); });
  refused([](CollectedFile& f) { f.latest -= std::chrono::nanoseconds(1); });
  refused([](CollectedFile& f) { f.platform_info.push_back(0); });
  for (std::size_t i = 0; i < Sealed().sealed.size(); ++i) {
    refused([i](CollectedFile& f) { f.sealed[i] ^= 0x80; });
  }
}

TEST(Collected, CountsForItsLedgerOnly) {
  const auto foreign = [](const std::function<void(CollectedBinding&)>& change) {
    CollectedBinding other = Binding();
    change(other);
    EXPECT_THAT(CheckCollected(Sealed(), other, kStart), FailsWith("collected.foreign"));
  };
  EXPECT_OK(CheckCollected(Sealed(), Binding(), kStart));
  foreign([](CollectedBinding& b) { b.ledger_id[15] ^= 1; });
  foreign([](CollectedBinding& b) { b.simulation = true; });
  foreign([](CollectedBinding& b) { ++b.key_epoch; });
  foreign([](CollectedBinding& b) { b.position[0] ^= 1; });
}

TEST(Collected, ExpiresAndIsNotRevivedByAClockSetBack) {
  const Instant latest = kStart + std::chrono::hours(20);
  const CollectedFile file = Sealed(latest);
  EXPECT_OK(CheckCollected(file, Binding(), latest));
  // A small correction of the clock is none of the holders' business.
  EXPECT_OK(CheckCollected(file, Binding(), latest - std::chrono::minutes(5)));
  EXPECT_THAT(CheckCollected(file, Binding(), latest - std::chrono::minutes(6)), FailsWith("collected.expired"));
  EXPECT_THAT(CheckCollected(file, Binding(), kStart), FailsWith("collected.expired"));
  EXPECT_OK(CheckCollected(file, Binding(), kStart + kCollectedLifetime - std::chrono::seconds(1)));
  EXPECT_THAT(CheckCollected(file, Binding(), kStart + kCollectedLifetime), FailsWith("collected.expired"));
}

TEST(Collected, MalformedBytesAreRefused) {
  const Bytes bytes = EncodeCollected(Sealed());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_THAT(DecodeCollected(ByteView(bytes).first(cut)), FailsWith("collected.malformed")) << cut;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes flipped = bytes;
    flipped[i] ^= 1;
    EXPECT_FALSE(DecodeCollected(flipped).has_value()) << i;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_THAT(DecodeCollected(longer), FailsWith("collected.malformed"));
  Bytes newer = bytes;
  newer[4] = 2;
  EXPECT_THAT(DecodeCollected(newer), FailsWith("collected.version"));
}

}  // namespace
}  // namespace steelie::seal
