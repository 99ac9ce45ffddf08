#include "seal/possession.h"

#include <gtest/gtest.h>

#include <string>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "crypto/pem.h"

namespace steelie::seal {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;

const Bytes kChallenge(kDrillChallengeSize, 0x11);

const std::vector<PrivateKey>& Keys() {
  static const std::vector<PrivateKey> keys = [] {
    std::vector<PrivateKey> out;
    for (int i = 0; i < 3; ++i) out.push_back(*PrivateKey::Generate(KeyKind::kRsa, 2048));
    return out;
  }();
  return keys;
}

struct Shared {
  RecoveryScheme scheme;
  std::vector<SecretBuffer> secrets;
};

Shared Share(std::size_t n, std::uint32_t threshold, std::uint64_t seed = 5) {
  InsecureSeededRandom random(seed);
  std::vector<RecoveryKey> keys;
  for (std::size_t i = 0; i < n; ++i) {
    keys.push_back({"holder" + std::to_string(i), PemEncode("PUBLIC KEY", Keys()[i].public_key().spki())});
  }
  Bytes ledger_key(32);
  random.Fill(ledger_key);
  const RecoverySecrets generated = *GenerateRecovery(keys, threshold, ledger_key, random);
  Shared out{generated.scheme, {}};
  for (std::size_t i = 0; i < n; ++i) {
    out.secrets.push_back(*Keys()[i].RsaOaepDecrypt(generated.ciphertexts.at(keys[i].name)));
  }
  return out;
}

SignByHolder With(const PrivateKey& key) {
  return [key](ByteView message) { return key.Sign(SignatureScheme::kRsaPkcs1Sha256, message); };
}

PossessionProof Prove(const SecretBuffer& secret, const PrivateKey& key, ByteView challenge = kChallenge) {
  return *ProvePossession(secret, With(key), challenge);
}

TEST(Possession, EveryHolderOfEverySchemeCanProveIt) {
  for (const auto& [n, threshold] : std::vector<std::pair<std::size_t, std::uint32_t>>{{1, 0}, {3, 0}, {3, 2}}) {
    const Shared shared = Share(n, threshold);
    for (std::size_t i = 0; i < n; ++i) {
      const PossessionProof proof = Prove(shared.secrets[i], Keys()[i]);
      EXPECT_EQ(proof.by_secret.size(), 64U);
      ASSERT_OK_AND_ASSIGN(const RecoveryHolder* const holder, CheckPossession(shared.scheme, kChallenge, proof));
      EXPECT_EQ(holder->name, "holder" + std::to_string(i));
    }
  }
}

TEST(Possession, WhoLacksSecretOrKeyCannot) {
  const Shared shared = Share(3, 2);
  const auto check = [&](const PossessionProof& proof, ByteView challenge = kChallenge) {
    return CheckPossession(shared.scheme, challenge, proof);
  };
  EXPECT_THAT(check(Prove(shared.secrets[0], Keys()[1])), FailsWith("drill.signature"));
  EXPECT_NE(check(Prove(shared.secrets[0], Keys()[1])).error().message().find("holder0"), std::string::npos);
  EXPECT_THAT(check(Prove(SecretBuffer(33, 4), Keys()[0])), FailsWith("drill.unknown"));
  // Another split of the same key, as after a change of the recovery keys.
  EXPECT_THAT(check(Prove(Share(3, 2, 6).secrets[0], Keys()[0])), FailsWith("drill.unknown"));
  // For another challenge: a proof cannot be used again.
  const Bytes other(kDrillChallengeSize, 0x12);
  EXPECT_THAT(check(Prove(shared.secrets[0], Keys()[0]), other), FailsWith("drill.proof"));
  // Parts of two holders' proofs.
  PossessionProof mixed = Prove(shared.secrets[0], Keys()[0]);
  mixed.key = Prove(shared.secrets[1], Keys()[1]).key;
  EXPECT_THAT(check(mixed), FailsWith("drill.proof"));
  mixed = Prove(shared.secrets[0], Keys()[0]);
  mixed.by_holder = Prove(shared.secrets[1], Keys()[1]).by_holder;
  EXPECT_THAT(check(mixed), FailsWith("drill.signature"));
  for (const Bytes& bytes : {Bytes(), Bytes(64, 0), Bytes(100'000, 7)}) {
    PossessionProof garbage = Prove(shared.secrets[0], Keys()[0]);
    garbage.by_secret = bytes;
    EXPECT_THAT(check(garbage), FailsWith("drill.proof"));
    garbage = Prove(shared.secrets[0], Keys()[0]);
    garbage.by_holder = bytes;
    EXPECT_THAT(check(garbage), FailsWith("drill.signature"));
  }
  EXPECT_THAT(CheckPossession(Share(0, 0).scheme, kChallenge, Prove(shared.secrets[0], Keys()[0])),
              FailsWith("drill.none"));
}

TEST(Possession, TheSignedMessageIsNoRecoverySecret) {
  EXPECT_GT(PossessionMessage(kChallenge, PossessionKey{}).size(), 33U);
}

TEST(Possession, RefusesWhatItCannotProve) {
  EXPECT_THAT(ProvePossession(SecretBuffer(32), With(Keys()[0]), Bytes(31)), FailsWith("possession.challenge"));
  EXPECT_THAT(ProvePossession(SecretBuffer(16), With(Keys()[0]), kChallenge), FailsWith("possession.secret"));
  const PrivateKey ec = *PrivateKey::Generate(KeyKind::kEcP256);
  EXPECT_THAT(ProvePossession(SecretBuffer(32), With(ec), kChallenge), FailsWith("crypto.key.scheme"));
}

}  // namespace
}  // namespace steelie::seal
