#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/file.h"
#include "control/testing/recovery_test.h"

// Recovery through the use cases.
namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using testing::RecoveryTest;

TEST_F(RecoveryTest, SingleKey) {
  SetWithKeys(1, 0);
  const std::string key = Env("m", "O");
  const Bytes root = coordinator_->ClientApiIdentity()->certificate.der();
  LoseTheKey();
  EXPECT_NE(coordinator_->ClientApiIdentity()->certificate.der(), root);
  EXPECT_THAT(coordinator_->Recover(Bytes(32, 1), Bytes(256)), FailsWith("recovery.unknown"));
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_EQ(coordinator_->ClientApiIdentity()->certificate.der(), root);
  EXPECT_EQ(Env("m", "O"), key);
  Restart();
  EXPECT_EQ(Env("m", "O"), key);
}

TEST_F(RecoveryTest, AllOfThree) {
  SetWithKeys(3, 0);
  const std::string key = Env("m", "S");
  LoseTheKey();
  EXPECT_EQ(*Recover("key1"), 2U);
  EXPECT_THAT(Recover("key1"), FailsWith("recovery.repeated"));
  EXPECT_EQ(*Recover("key0", /*encrypted=*/true), 1U);
  EXPECT_EQ(*Recover("key2"), 0U);
  EXPECT_EQ(Env("m", "S"), key);
}

TEST_F(RecoveryTest, AnyTwoOfThree) {
  SetWithKeys(3, 2);
  const std::string key = Env("m", "S");
  LoseTheKey();
  const auto view = [&] { return coordinator_->GetStatus().recovery; };
  EXPECT_EQ(view()->required, 2U);
  EXPECT_THAT(view()->collected, IsEmpty());
  EXPECT_THAT(view()->missing, ElementsAre("key0", "key1", "key2"));
  EXPECT_EQ(*Recover("key2"), 2U);
  EXPECT_THAT(view()->collected, ElementsAre("key2"));
  EXPECT_THAT(view()->missing, ElementsAre("key0", "key1"));
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_FALSE(view().has_value());
  EXPECT_EQ(Env("m", "S"), key);
  EXPECT_THAT(Recover("key1"), FailsWith("state.wrong"));
}

TEST_F(RecoveryTest, ASecretSignedBySomebodyElseIsRefusedAndDisturbsNothing) {
  SetWithKeys(2, 0);
  LoseTheKey();
  const Holder& holder = holders_.at("key0");
  const SecretBuffer secret = *holder.key.RsaOaepDecrypt(holder.ciphertext);
  const Bytes foreign = *holders_.at("key1").key.Sign(SignatureScheme::kRsaPkcs1Sha256, secret);
  EXPECT_THAT(coordinator_->Recover(secret, foreign), FailsWith("recovery.signature"));
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key1"), 0U);
}

TEST_F(RecoveryTest, ChangedRecoveryKeysBeginANewEpoch) {
  SetWithKeys(1, 0);
  const std::string key = Env("m", "S");
  const auto old = holders_.at("key0").ciphertext;
  holders_.emplace("key1", Holder{*PrivateKey::Generate(KeyKind::kRsa, 2048), {}});
  ASSERT_OK_AND_ASSIGN(const UpdateResult updated, Submit("alice", WithKeys(2, 0)));
  ASSERT_TRUE(updated.recovery_secrets.has_value());
  Remember(*updated.recovery_secrets);
  Restart();
  EXPECT_EQ(Env("m", "S"), key);
  LoseTheKey();
  const SecretBuffer old_secret = *holders_.at("key0").key.RsaOaepDecrypt(old);
  EXPECT_THAT(
      coordinator_->Recover(old_secret, *holders_.at("key0").key.Sign(SignatureScheme::kRsaPkcs1Sha256, old_secret)),
      FailsWith("recovery.unknown"));
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key1"), 0U);
  EXPECT_EQ(Env("m", "S"), key);
}

TEST_F(RecoveryTest, NothingIsReturnedIfTheKeysStay) {
  SetWithKeys(1, 0);
  const std::string next = WithKeys(1, 0) + " ";
  EXPECT_FALSE(Submit("alice", next)->recovery_secrets.has_value());
  LoseTheKey();
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_EQ(ToText(coordinator_->GetManifest()->manifest), next);
}

// Secrets that are wrong, one way or another.

TEST_F(RecoveryTest, EveryWrongSecretIsNamedAtOnceAndDisturbsNothing) {
  for (const std::uint64_t threshold : {0U, 2U}) {
    SCOPED_TRACE(threshold);
    SetWithKeys(3, threshold);
    const std::string key = Env("m", "S");
    const auto older = holders_;
    // Another PEM text of the same key: a new epoch with the same holders.
    std::string next = WithKeys(3, threshold);
    json changed = json::parse(next);
    changed["RecoveryKeys"]["key0"] = changed["RecoveryKeys"]["key0"].get<std::string>() + "\n";
    ASSERT_OK_AND_ASSIGN(const UpdateResult updated, Submit("alice", changed.dump()));
    ASSERT_TRUE(updated.recovery_secrets.has_value());
    Remember(*updated.recovery_secrets);
    EXPECT_THAT(Recover("key0"), FailsWith("state.wrong"));
    LoseTheKey();

    ASSERT_EQ(*Recover("key1"), 2U);
    const std::size_t size = SecretOf("key0").size();
    const auto refused = [&](ByteView secret, const Bytes& signature, const char* reason, const std::string& text) {
      const auto answer = coordinator_->Recover(secret, signature);
      EXPECT_THAT(answer, FailsWith(reason));
      ASSERT_FALSE(answer.has_value());
      EXPECT_NE(answer.error().message().find(text), std::string::npos) << answer.error().message();
    };
    refused(SecretOf("key0"), SignatureOf("key2", SecretOf("key0")), "recovery.signature", "key0");
    refused(SecretOf("key0"), {}, "recovery.signature", "key0");
    refused(SecretOf("key1"), SignatureOf("key1", SecretOf("key1")), "recovery.repeated", "key1");
    const SecretBuffer stale = *older.at("key0").key.RsaOaepDecrypt(older.at("key0").ciphertext);
    refused(stale, SignatureOf("key0", stale), "recovery.unknown", "not the secret of any recovery key");
    SecretBuffer flipped = SecretOf("key0");
    flipped[0] ^= 1;
    refused(flipped, SignatureOf("key0", flipped), "recovery.unknown", "not the secret of any recovery key");
    refused(SecretBuffer(size, 0), {}, "recovery.unknown", "not the secret");
    refused(SecretBuffer(16), {}, "recovery.length", "expected " + std::to_string(size) + " bytes, got 16");
    refused(SecretBuffer(65 - size), {}, "recovery.length", "got " + std::to_string(65 - size));
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{512}, std::size_t{15000}}) {
      refused(Bytes(n, 7), {}, "request.recovery_secret", "failed to decrypt");
    }
    // To the right key, but too short or too long inside.
    ASSERT_OK_AND_ASSIGN(const Bytes spki, coordinator_->RecoveryPublicKey());
    for (const std::size_t n : {std::size_t{0}, size - 1, size + 2, std::size_t{400}}) {
      refused(*PublicKey::FromSpki(spki)->RsaOaepEncrypt(Bytes(n, 7)), {}, "recovery.length", "expected");
    }
    refused(SecretOf("key1"), SignatureOf("key1", SecretOf("key1")), "recovery.repeated", "key1");

    if (threshold == 0) {
      ASSERT_EQ(*Recover("key0"), 1U);
    }
    ASSERT_EQ(*Recover("key2"), 0U);
    EXPECT_EQ(Env("m", "S"), key);
    EXPECT_THAT(Recover("key0"), FailsWith("state.wrong"));
    EXPECT_THAT(Recover("key0", /*encrypted=*/true), FailsWith("state.wrong"));
    Stop();
    std::filesystem::remove_all(SealFile(""));
    Start();
    EXPECT_THAT(coordinator_->Recover(stale, {}), FailsWith("state.wrong"));
  }
}

TEST_F(RecoveryTest, ASecretOfAnotherDeploymentIsRefused) {
  SetWithKeys(2, 0);
  const auto foreign = holders_;
  Stop();
  std::filesystem::remove_all(SealFile(""));
  Start();
  SetWithKeys(2, 0);
  LoseTheKey();
  const SecretBuffer secret = *foreign.at("key0").key.RsaOaepDecrypt(foreign.at("key0").ciphertext);
  EXPECT_THAT(coordinator_->Recover(secret, SignatureOf("key0", secret)), FailsWith("recovery.unknown"));
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key1"), 0U);
}

// A full disk at the last step costs nobody but the last holder another attempt.
TEST_F(RecoveryTest, AFailureThatMayPassKeepsWhatWasCollected) {
  SetWithKeys(3, 0);
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 2U);
  ASSERT_EQ(*Recover("key1"), 1U);
  bool full = true;
  Stop();
  seal_fault_ = [&](std::string_view operation) { return full && operation == "write" ? ENOSPC : 0; };
  Start();
  EXPECT_THAT(Recover("key2"), FailsWith("seal.full"));
  EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
  EXPECT_THAT(Recover("key0"), FailsWith("recovery.repeated"));
  full = false;
  EXPECT_EQ(*Recover("key2"), 0U);
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

// Restarts while secrets are collected.

TEST_F(RecoveryTest, ARestartBetweenAnyTwoUploadsLosesNothing) {
  for (const std::uint64_t threshold : {0U, 3U}) {
    SCOPED_TRACE(threshold);
    SetWithKeys(4, threshold);
    const std::string key = Env("m", "S");
    LoseTheKey();
    EXPECT_EQ(*Recover("key3"), 3U);
    EXPECT_TRUE(std::filesystem::exists(SealFile("recovery_shares")));
    Restart();
    EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
    EXPECT_NE(recorder_.Text().find("were collected before the restart count"), std::string::npos);
    EXPECT_THAT(Recover("key3"), FailsWith("recovery.repeated"));
    EXPECT_EQ(*Recover("key1", /*encrypted=*/true), 2U);
    Restart();
    Restart();
    EXPECT_THAT(Recover("key1"), FailsWith("recovery.repeated"));
    EXPECT_EQ(*Recover("key0"), threshold == 0 ? 1U : 0U);
    if (threshold == 0) {
      Restart();
      EXPECT_EQ(*Recover("key2"), 0U);
    }
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    EXPECT_EQ(Env("m", "S"), key);
    Restart();
    EXPECT_EQ(Env("m", "S"), key);
    Stop();
    std::filesystem::remove_all(SealFile(""));
    Start();
  }
}

TEST_F(RecoveryTest, CollectedSecretsExpireInTheProcessAndInTheFile) {
  SetWithKeys(3, 0);
  for (const bool restart : {false, true}) {
    SCOPED_TRACE(restart);
    LoseTheKey();
    ASSERT_EQ(*Recover("key0"), 2U);
    clock_.Advance(std::chrono::hours(23));
    ASSERT_EQ(*Recover("key1"), 1U);
    clock_.Advance(std::chrono::hours(1));
    if (restart) {
      Restart();
    } else {
      EXPECT_EQ(*Recover("key2"), 2U);
      Stop();
      std::filesystem::remove(SealFile("recovery_shares"));
      Start();
    }
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    clock_.Advance(-std::chrono::hours(24));
    Restart();
    ASSERT_EQ(*Recover("key0"), 2U);
    ASSERT_EQ(*Recover("key1"), 1U);
    ASSERT_EQ(*Recover("key2"), 0U);
  }
}

TEST_F(RecoveryTest, AClockSetBackDoesNotReviveACopy) {
  SetWithKeys(3, 0);
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 2U);
  clock_.Advance(std::chrono::hours(20));
  ASSERT_EQ(*Recover("key1"), 1U);
  Stop();
  const Bytes copy = *ReadFile(SealFile("recovery_shares"), 1U << 20U);
  for (const int hours : {-1, -21, 4, 400}) {
    SCOPED_TRACE(hours);
    ASSERT_OK(ReplaceFile(SealFile("recovery_shares"), copy));
    clock_.Advance(std::chrono::hours(hours));
    Start();
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    EXPECT_EQ(*Recover("key0"), 2U);
    Stop();
    clock_.Advance(-std::chrono::hours(hours));
  }
  EXPECT_NE(recorder_.Text().find("collected.expired"), std::string::npos);
  // A build that is newer than the clock is the floor.
  build_time_ = clock_.Now() + std::chrono::hours(5);
  ASSERT_OK(ReplaceFile(SealFile("recovery_shares"), copy));
  Start();
  EXPECT_EQ(*Recover("key0"), 2U);
}

// The secrets expire by the wrong clock, and the right one comes back before the holders do.
TEST_F(RecoveryTest, AClockThatWasWrongForAWhileDoesNotSpoilWhatIsCollectedLater) {
  SetWithKeys(3, 0);
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 2U);
  clock_.Advance(std::chrono::hours(400));
  EXPECT_THAT(coordinator_->Recover(Bytes(32, 1), Bytes(256)), FailsWith("recovery.unknown"));
  clock_.Advance(-std::chrono::hours(400));
  ASSERT_EQ(*Recover("key0"), 2U) << "expired, so not repeated";
  EXPECT_EQ(*Recover("key1"), 1U);
  Restart();
  EXPECT_EQ(*Recover("key2"), 0U);
}

// The host keeps a copy of the file and loses the key again after the recovery.
TEST_F(RecoveryTest, WhatWasCollectedForOneRecoveryDoesNotCountForTheNext) {
  SetWithKeys(3, 2);
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 2U);
  const Bytes copy = *ReadFile(SealFile("recovery_shares"), 1U << 20U);
  ASSERT_EQ(*Recover("key1"), 0U);
  Stop();
  ASSERT_OK(ReplaceFile(SealFile("recovery_shares"), copy));
  std::filesystem::remove(SealFile("sealed_key"));
  Start();
  EXPECT_NE(recorder_.Text().find("collected.foreign"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
  EXPECT_EQ(*Recover("key2"), 2U);
}

TEST_F(RecoveryTest, ADamagedOrForeignFileIsIgnored) {
  SetWithKeys(3, 0);
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 2U);
  Stop();
  const Bytes good = *ReadFile(SealFile("recovery_shares"), 1U << 20U);
  std::vector<Bytes> bad = {{}, ToBytes("nonsense"), Bytes(600'000, 1), Bytes(good.begin(), good.end() - 1)};
  for (std::size_t i = 0; i < good.size(); i += 7) {
    bad.push_back(good);
    bad.back()[i] ^= 4;
  }
  for (const Bytes& bytes : bad) {
    ASSERT_OK(ReplaceFile(SealFile("recovery_shares"), bytes));
    Start();
    ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    EXPECT_EQ(*Recover("key1"), 2U);
    Stop();
  }
  // Not a file at all: left alone, and in memory it works as ever.
  std::filesystem::remove(SealFile("recovery_shares"));
  std::filesystem::create_directory(SealFile("recovery_shares"));
  Start();
  EXPECT_EQ(*Recover("key1"), 2U);
  EXPECT_NE(recorder_.Text().find("do not survive a restart"), std::string::npos);
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key2"), 0U);
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

TEST_F(RecoveryTest, AnotherPlatformDoesNotReadWhatThisOneCollected) {
  const auto platform = [&](const char* name) {
    return std::move(*platform::SimPlatform::Open(folder_.path() / name, {}, random_, clock_));
  };
  const auto one = platform("one");
  const auto other = platform("other");
  const auto start = [&](const platform::Platform& on) {
    Stop();
    auto started = TryStart(on);
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
    coordinator_ = std::move(*started);
  };
  start(*one);
  SetWithKeys(3, 0);
  Stop();
  std::filesystem::remove(SealFile("sealed_key"));
  start(*one);
  ASSERT_EQ(*Recover("key0"), 2U);
  start(*one);
  EXPECT_THAT(Recover("key0"), FailsWith("recovery.repeated"));
  start(*other);
  EXPECT_EQ(*Recover("key0"), 2U);
}

// Any step of keeping a secret may fail: the recovery goes on, and a restart finds the file before or after.
TEST_F(RecoveryTest, KeepingASecretMayFailAtAnyStep) {
  SetWithKeys(4, 0);
  int steps = 0;
  int fail_at = -1;
  seal_fault_ = [&](std::string_view) { return steps++ == fail_at ? EIO : 0; };
  LoseTheKey();
  ASSERT_EQ(*Recover("key0"), 3U);
  Stop();
  const Bytes before = *ReadFile(SealFile("recovery_shares"), 1U << 20U);
  for (int at = 0;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_OK(ReplaceFile(SealFile("recovery_shares"), before));
    Start();
    ASSERT_LT(at, 20);
    steps = 0;
    fail_at = at;
    EXPECT_EQ(*Recover("key1"), 2U);
    fail_at = -1;
    if (steps <= at) break;
    EXPECT_THAT(Recover("key1"), FailsWith("recovery.repeated"));
    Restart();
    EXPECT_THAT(Recover("key0"), FailsWith("recovery.repeated"));
    Stop();
  }
  EXPECT_GE(steps, 5);
}

TEST_F(RecoveryTest, ANewManifestEndsARecovery) {
  for (const char* mode : {"", "Disabled"}) {
    SCOPED_TRACE(mode);
    SetWithKeys(2, 0);
    LoseTheKey();
    ASSERT_EQ(*Recover("key0"), 1U);
    ASSERT_OK(Set(Make([&](json& m) { m["Config"]["SealMode"] = mode; })));
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    EXPECT_THAT(Recover("key1"), FailsWith("state.wrong"));
    Stop();
    std::filesystem::remove_all(SealFile(""));
    Start();
  }
}

// Several at once.

TEST_F(RecoveryTest, TwoHoldersAtTheSameInstant) {
  SetWithKeys(3, 2);
  const std::string key = Env("m", "S");
  for (int i = 0; i < 10; ++i) {
    LoseTheKey();
    std::atomic<int> completed = 0;
    std::atomic<int> refused = 0;
    {
      std::vector<std::jthread> threads;
      for (const char* name : {"key0", "key1", "key2", "key0"}) {
        threads.emplace_back([&, name] {
          const auto remaining = Recover(name);
          if (remaining && *remaining == 0) ++completed;
          if (!remaining) {
            ++refused;
            EXPECT_TRUE(remaining.error().reason() == "recovery.repeated" ||
                        remaining.error().reason() == "state.wrong")
                << remaining.error().ToString();
          }
        });
      }
    }
    EXPECT_EQ(completed, 1);
    EXPECT_EQ(refused, 2);
    EXPECT_EQ(Env("m", "S"), key);
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
  }
}

// Either the old state is recovered and the manifest refused, or the manifest is set and the last secret refused.
TEST_F(RecoveryTest, RecoveryRacesWithANewManifest) {
  int recovered = 0;
  for (int i = 0; i < 20; ++i) {
    SetWithKeys(2, 0);
    const std::string key = Env("m", "S");
    LoseTheKey();
    ASSERT_EQ(*Recover("key0"), 1U);
    Result<std::size_t> last = std::size_t{9};
    Status set = Ok();
    {
      const std::string next = Make();
      const std::jthread setting([&] { set = Set(next); });
      const std::jthread recovering([&] { last = Recover("key1"); });
    }
    EXPECT_NE(set.has_value(), last.has_value());
    if (last) {
      ++recovered;
      EXPECT_EQ(*last, 0U);
      EXPECT_THAT(set, FailsWith("state.wrong"));
      EXPECT_EQ(Env("m", "S"), key);
    } else {
      EXPECT_THAT(last, FailsWith("state.wrong"));
    }
    EXPECT_FALSE(std::filesystem::exists(SealFile("recovery_shares")));
    Restart();
    EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
    EXPECT_EQ(Env("m", "S") == key, last.has_value());
    Stop();
    std::filesystem::remove_all(SealFile(""));
    Start();
  }
  RecordProperty("recovered", recovered);
}

}  // namespace
}  // namespace steelie::control
