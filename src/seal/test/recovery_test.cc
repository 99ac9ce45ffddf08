#include "seal/recovery.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "crypto/key.h"
#include "crypto/pem.h"

namespace steelie::seal {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;

const Bytes kLedgerKey = [] {
  Bytes key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0xa0 + i);
  return key;
}();

const std::vector<PrivateKey>& Keys() {
  static const std::vector<PrivateKey> keys = [] {
    std::vector<PrivateKey> out;
    for (int i = 0; i < 4; ++i) out.push_back(*PrivateKey::Generate(KeyKind::kRsa, 2048));
    return out;
  }();
  return keys;
}

std::vector<RecoveryKey> Holders(std::size_t n) {
  std::vector<RecoveryKey> out;
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back({"holder" + std::to_string(i), PemEncode("PUBLIC KEY", Keys()[i].public_key().spki())});
  }
  return out;
}

RecoverySecrets Generate(std::size_t n, std::uint32_t threshold) {
  InsecureSeededRandom random(5);
  auto generated = GenerateRecovery(Holders(n), threshold, kLedgerKey, random);
  EXPECT_TRUE(generated.has_value()) << generated.error().ToString();
  return *generated;
}

SecretBuffer SecretOf(const RecoverySecrets& secrets, std::size_t i) {
  return *Keys()[i].RsaOaepDecrypt(secrets.ciphertexts.at("holder" + std::to_string(i)));
}

TEST(Recovery, ModesFollowNumberAndThreshold) {
  EXPECT_EQ(Generate(0, 0).scheme.mode, RecoveryMode::kNone);
  EXPECT_EQ(Generate(1, 0).scheme.mode, RecoveryMode::kSingle);
  EXPECT_EQ(Generate(3, 0).scheme.mode, RecoveryMode::kAll);
  EXPECT_EQ(Generate(3, 3).scheme.mode, RecoveryMode::kAll);
  EXPECT_EQ(Generate(3, 3).scheme.required, 3U);
  EXPECT_EQ(Generate(3, 2).scheme.mode, RecoveryMode::kThreshold);
  EXPECT_EQ(Generate(3, 2).scheme.required, 2U);
}

TEST(Recovery, RefusesWhatTheReferenceRefuses) {
  InsecureSeededRandom random(5);
  const auto message = [&](const std::vector<RecoveryKey>& keys, std::uint32_t threshold) {
    const auto generated = GenerateRecovery(keys, threshold, kLedgerKey, random);
    return generated ? "" : generated.error().message();
  };
  EXPECT_EQ(message(Holders(2), 3), "not enough recovery keys (2) defined to meet the recovery threshold of 3");
  EXPECT_EQ(message(Holders(2), 1), "invalid recovery threshold: if set, threshold must be at least 2");
  EXPECT_EQ(message({{"a", "nonsense"}}, 0), "generating recovery encryption key: given PEM data is not a public key");
  EXPECT_EQ(message({{"a", PemEncode("RSA PUBLIC KEY", Keys()[0].public_key().spki())}}, 0),
            "generating recovery encryption key: given PEM data is not a public key");
  const auto ec = PrivateKey::Generate(KeyKind::kEcP256);
  EXPECT_EQ(message({{"a", PemEncode("PUBLIC KEY", ec->public_key().spki())}}, 0),
            "generating recovery encryption key: unsupported type of public key");
  std::vector<RecoveryKey> twice = Holders(2);
  twice[1].name = twice[0].name;
  EXPECT_NE(message(twice, 0), "");
}

TEST(Recovery, SingleHasTheKeyItself) {
  const RecoverySecrets secrets = Generate(1, 0);
  EXPECT_TRUE(PublicEqual(SecretOf(secrets, 0), kLedgerKey));
  RecoveryCollector collector(secrets.scheme);
  EXPECT_EQ(collector.remaining(), 1U);
  EXPECT_THAT(collector.Add(Bytes(32, 1)), FailsWith("recovery.unknown"));
  EXPECT_THAT(collector.Add(Bytes(33, 1)), FailsWith("recovery.length"));
  EXPECT_EQ((*collector.Add(SecretOf(secrets, 0)))->name, "holder0");
  EXPECT_EQ(collector.remaining(), 0U);
  EXPECT_TRUE(PublicEqual(*collector.Combine(), kLedgerKey));
}

TEST(Recovery, AllAreNeededAndTheirXorIsTheKey) {
  const RecoverySecrets secrets = Generate(3, 0);
  SecretBuffer sum(32);
  for (std::size_t i = 0; i < 3; ++i) {
    const SecretBuffer share = SecretOf(secrets, i);
    ASSERT_EQ(share.size(), 32U);
    for (std::size_t k = 0; k < 32; ++k) sum[k] ^= share[k];
  }
  EXPECT_TRUE(PublicEqual(sum, kLedgerKey));

  RecoveryCollector collector(secrets.scheme);
  EXPECT_EQ((*collector.Add(SecretOf(secrets, 2)))->name, "holder2");
  EXPECT_EQ(collector.remaining(), 2U);
  EXPECT_THAT(collector.Combine(), FailsWith("recovery.incomplete"));
  const auto repeated = collector.Add(SecretOf(secrets, 2));
  EXPECT_THAT(repeated, FailsWith("recovery.repeated"));
  EXPECT_NE(repeated.error().message().find("holder2"), std::string::npos);
  EXPECT_TRUE(repeated.error().message().starts_with("uploaded an invalid or already used secret"));
  EXPECT_THAT(collector.Add(kLedgerKey), FailsWith("recovery.unknown"));
  ASSERT_TRUE(collector.Add(SecretOf(secrets, 0)).has_value());
  EXPECT_EQ(collector.missing(), 1U);
  ASSERT_TRUE(collector.Add(SecretOf(secrets, 1)).has_value());
  EXPECT_EQ(collector.taken(), (std::vector<std::string>{"holder2", "holder0", "holder1"}));
  EXPECT_TRUE(PublicEqual(*collector.Combine(), kLedgerKey));
  EXPECT_THAT(collector.Add(SecretOf(secrets, 1)), FailsWith("recovery.complete"));
}

TEST(Recovery, AThresholdIsEnoughWhoeverTheyAre) {
  const RecoverySecrets secrets = Generate(4, 3);
  for (std::size_t missing = 0; missing < 4; ++missing) {
    RecoveryCollector collector(secrets.scheme);
    std::vector<std::size_t> remaining;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i == missing) continue;
      ASSERT_EQ(SecretOf(secrets, i).size(), 33U);
      ASSERT_TRUE(collector.Add(SecretOf(secrets, i)).has_value());
      remaining.push_back(collector.remaining());
    }
    // Counts down from all, as clients of the reference expect.
    EXPECT_EQ(remaining, (std::vector<std::size_t>{3, 2, 0}));
    EXPECT_TRUE(PublicEqual(*collector.Combine(), kLedgerKey));
  }
}

TEST(Recovery, IdentifyingTakesNothing) {
  const RecoverySecrets secrets = Generate(2, 0);
  RecoveryCollector collector(secrets.scheme);
  ASSERT_OK_AND_ASSIGN(const RecoveryHolder* const holder, collector.Identify(SecretOf(secrets, 1)));
  EXPECT_EQ(holder->name, "holder1");
  EXPECT_EQ(holder->spki, Keys()[1].public_key().spki());
  EXPECT_EQ(collector.missing(), 2U);
  ASSERT_TRUE(collector.Add(SecretOf(secrets, 1)).has_value());
  collector.Reset();
  EXPECT_EQ(collector.missing(), 2U);
  ASSERT_TRUE(collector.Add(SecretOf(secrets, 1)).has_value());
}

TEST(Recovery, WithoutHoldersThereIsNone) {
  RecoveryCollector collector(Generate(0, 0).scheme);
  EXPECT_THAT(collector.Add(kLedgerKey), FailsWith("recovery.none"));
  EXPECT_THAT(collector.Combine(), FailsWith("recovery.incomplete"));
}

TEST(Recovery, ChangesAreToldAsTheReferenceDoes) {
  const RecoveryScheme scheme = Generate(3, 0).scheme;
  EXPECT_FALSE(RecoveryChanged(scheme, Holders(3), 0));
  EXPECT_FALSE(RecoveryChanged(scheme, Holders(3), 3));
  std::vector<RecoveryKey> reordered = Holders(3);
  std::swap(reordered[0], reordered[2]);
  EXPECT_FALSE(RecoveryChanged(scheme, reordered, 0));
  EXPECT_TRUE(RecoveryChanged(scheme, Holders(3), 2));
  EXPECT_TRUE(RecoveryChanged(scheme, Holders(2), 0));
  EXPECT_TRUE(RecoveryChanged(scheme, Holders(4), 0));
  std::vector<RecoveryKey> changed = Holders(3);
  changed[1].name = "somebody";
  EXPECT_TRUE(RecoveryChanged(scheme, changed, 0));
  changed = Holders(3);
  changed[1].pem += "\n";
  EXPECT_TRUE(RecoveryChanged(scheme, changed, 0));
}

TEST(Recovery, TheSchemeDecodesAsEncoded) {
  for (const auto& [n, t] : std::vector<std::pair<std::size_t, std::uint32_t>>{{0, 0}, {1, 0}, {2, 0}, {3, 2}}) {
    const RecoveryScheme scheme = Generate(n, t).scheme;
    const Bytes bytes = EncodeRecoveryScheme(scheme);
    ASSERT_OK_AND_ASSIGN(const RecoveryScheme back, DecodeRecoveryScheme(bytes));
    EXPECT_EQ(back, scheme);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_THAT(DecodeRecoveryScheme(ByteView(bytes).first(cut)), FailsWith("recovery.scheme")) << cut;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_THAT(DecodeRecoveryScheme(longer), FailsWith("recovery.scheme"));
    Bytes newer = bytes;
    newer[0] = 2;
    EXPECT_THAT(DecodeRecoveryScheme(newer), FailsWith("recovery.version"));
    Bytes mode = bytes;
    mode[1] = static_cast<std::uint8_t>(mode[1] ^ 1U);
    EXPECT_THAT(DecodeRecoveryScheme(mode), FailsWith("recovery.scheme"));
  }
}

TEST(Recovery, ASchemeWithDoubledHoldersIsRefused) {
  RecoveryScheme scheme = Generate(2, 0).scheme;
  scheme.holders[1].commitment = scheme.holders[0].commitment;
  EXPECT_THAT(DecodeRecoveryScheme(EncodeRecoveryScheme(scheme)), FailsWith("recovery.scheme"));
  scheme = Generate(2, 0).scheme;
  scheme.holders[1].name = scheme.holders[0].name;
  EXPECT_THAT(DecodeRecoveryScheme(EncodeRecoveryScheme(scheme)), FailsWith("recovery.scheme"));
}

}  // namespace
}  // namespace steelie::seal
