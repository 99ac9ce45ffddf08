#include <gtest/gtest.h>

#include "control/testing/recovery_test.h"

// Recovery drills through the use cases.
namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::json;

class DrillTest : public testing::RecoveryTest {
 protected:
  Bytes Challenge() { return coordinator_->GetRecoveryDrill()->challenge; }
  seal::PossessionProof Proof(const std::string& name, ByteView challenge) {
    const auto sign = [&](ByteView message) {
      return holders_.at(name).key.Sign(SignatureScheme::kRsaPkcs1Sha256, message);
    };
    return *seal::ProvePossession(SecretOf(name), sign, challenge);
  }
  Result<DrillResult> Prove(const std::string& name) {
    const Bytes challenge = Challenge();
    return coordinator_->ProveRecovery(challenge, Proof(name, challenge));
  }
  std::size_t Count() { return coordinator_->GetRecoveryDrill()->proven; }
  std::size_t LogLines(const std::string& text) {
    const std::vector<std::string> log = *coordinator_->GetUpdateLog();
    return static_cast<std::size_t>(
        std::ranges::count_if(log, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
};

using Names = std::vector<std::string>;

TEST_F(DrillTest, CountsDistinctHoldersUntilTheQuorum) {
  for (const auto& [count, threshold] : std::vector<std::pair<std::size_t, std::uint64_t>>{{1, 0}, {3, 0}, {3, 2}}) {
    SCOPED_TRACE(threshold);
    SetWithKeys(count, threshold);
    const std::size_t required = threshold == 0 ? count : threshold;
    ASSERT_OK_AND_ASSIGN(const DrillView view, coordinator_->GetRecoveryDrill());
    EXPECT_EQ(view.holders, count);
    EXPECT_EQ(view.required, required);
    EXPECT_EQ(view.proven, 0U);
    EXPECT_FALSE(view.quorum());
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "key" + std::to_string(i);
      ASSERT_OK_AND_ASSIGN(const DrillResult result, Prove(name));
      EXPECT_EQ(result.holder, name);
      EXPECT_EQ(result.proven.size(), i + 1);
      EXPECT_EQ(result.missing.size(), count - i - 1);
      EXPECT_EQ(result.quorum(), i + 1 >= required);
      // Again with the same challenge: nothing new.
      EXPECT_EQ(Prove(name)->proven.size(), i + 1);
    }
    EXPECT_TRUE(coordinator_->GetRecoveryDrill()->quorum());
    EXPECT_EQ(LogLines("Recovery drill reached its quorum"), 1U);
    EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
    // Who proved it can indeed recover, and the drill has not changed that.
    const std::string key = Env("m", "S");
    LoseTheKey();
    for (std::size_t i = 0; i < required; ++i) ASSERT_OK(Recover("key" + std::to_string(i)));
    EXPECT_EQ(Env("m", "S"), key);
    Stop();
    std::filesystem::remove_all(SealFile(""));
    holders_.clear();
    Start();
  }
}

TEST_F(DrillTest, WrongProofsCountForNothing) {
  SetWithKeys(3, 2);
  const Bytes challenge = Challenge();
  seal::PossessionProof foreign = Proof("key0", challenge);
  foreign.by_holder = Proof("key1", challenge).by_holder;
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, foreign), FailsWith("drill.signature"));
  seal::PossessionProof unknown = Proof("key0", challenge);
  unknown.key[0] ^= 1;
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, unknown), FailsWith("drill.unknown"));
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, {}), FailsWith("drill.unknown"));
  // A challenge that the holder made up, or none.
  const Bytes other(seal::kDrillChallengeSize, 1);
  EXPECT_THAT(coordinator_->ProveRecovery(other, Proof("key0", other)), FailsWith("drill.challenge"));
  EXPECT_THAT(coordinator_->ProveRecovery({}, Proof("key0", challenge)), FailsWith("drill.challenge"));
  EXPECT_EQ(Count(), 0U);
  // A proof cannot be used as a recovery secret's signature, and the other way round.
  EXPECT_THAT(coordinator_->Recover(SecretOf("key0"), Proof("key0", challenge).by_holder), FailsWith("state.wrong"));
  seal::PossessionProof recovery = Proof("key0", challenge);
  recovery.by_holder = SignatureOf("key0", SecretOf("key0"));
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, recovery), FailsWith("drill.signature"));
  LoseTheKey();
  EXPECT_THAT(coordinator_->Recover(SecretOf("key0"), Proof("key0", challenge).by_holder),
              FailsWith("recovery.signature"));
}

TEST_F(DrillTest, ProofsAreForAChallengeThatIsFresh) {
  SetWithKeys(2, 0);
  const Bytes challenge = Challenge();
  const seal::PossessionProof proof = Proof("key0", challenge);
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_EQ(Challenge(), challenge);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_NE(Challenge(), challenge);
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_OK(coordinator_->ProveRecovery(challenge, proof));
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, proof), FailsWith("drill.challenge"));
  // After a restart holders get a new one; what was proved stays.
  const Bytes second = Challenge();
  const seal::PossessionProof late = Proof("key1", second);
  Restart();
  EXPECT_THAT(coordinator_->ProveRecovery(second, late), FailsWith("drill.challenge"));
  EXPECT_EQ(Count(), 1U);
  EXPECT_EQ(Prove("key1")->proven, (Names{"key0", "key1"}));
}

TEST_F(DrillTest, ProofsCountForADay) {
  SetWithKeys(2, 0);
  ASSERT_OK(Prove("key0"));
  clock_.Advance(std::chrono::hours(23));
  EXPECT_TRUE(Prove("key1")->quorum());
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Count(), 1U);
  // The clock is set back: decisions use the time of the newest event, so a little of the day comes back, not more.
  clock_.Advance(-std::chrono::hours(400));
  EXPECT_EQ(Count(), 2U);
  clock_.Advance(std::chrono::hours(401));
  ASSERT_OK_AND_ASSIGN(const DrillResult again, Prove("key0"));
  EXPECT_EQ(again.missing, Names());
  EXPECT_EQ(LogLines("Recovery drill reached its quorum"), 2U);
}

TEST_F(DrillTest, ProofsOfAClockThatRanAheadDoNotCountOnceItIsRight) {
  SetWithKeys(2, 0);
  clock_.Advance(std::chrono::hours(24 * 365));
  ASSERT_OK(Prove("key0"));
  EXPECT_TRUE(Prove("key1")->quorum());
  clock_.Advance(-std::chrono::hours(24 * 365));
  EXPECT_EQ(Count(), 2U) << "decisions are never before the newest event";
  ASSERT_OK(coordinator_->LowerTimeFloor(users_["alice"], clock_.Now()));
  EXPECT_EQ(Count(), 0U);
  ASSERT_OK_AND_ASSIGN(const DrillResult again, Prove("key0"));
  EXPECT_EQ(again.proven, Names{"key0"});
  EXPECT_EQ(Prove("key0")->proven.size(), 1U);
  EXPECT_TRUE(Prove("key1")->quorum());
  EXPECT_EQ(LogLines("Recovery drill reached its quorum"), 2U);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Count(), 0U);
}

TEST_F(DrillTest, NewRecoveryKeysForgetProofs) {
  SetWithKeys(2, 0);
  ASSERT_OK(Prove("key0"));
  const Bytes challenge = Challenge();
  const seal::PossessionProof old = Proof("key1", challenge);
  // An update that does not concern recovery keeps them.
  json next = json::parse(WithKeys(2, 0));
  next["Marbles"]["extra"]["Package"] = "app";
  ASSERT_OK(Submit("alice", next.dump()));
  EXPECT_EQ(Count(), 1U);
  next["RecoveryKeys"]["key0"] = next["RecoveryKeys"]["key0"].get<std::string>() + "\n";
  ASSERT_OK_AND_ASSIGN(const UpdateResult updated, Submit("alice", next.dump()));
  Remember(*updated.recovery_secrets);
  EXPECT_EQ(Count(), 0U);
  EXPECT_THAT(coordinator_->ProveRecovery(challenge, old), FailsWith("drill.unknown"));
  ASSERT_OK(Prove("key1"));
  Restart();
  EXPECT_EQ(Count(), 1U);
}

TEST_F(DrillTest, NeedsRecoveryKeysAndNormalOperation) {
  EXPECT_THAT(coordinator_->GetRecoveryDrill(), FailsWith("state.wrong"));
  EXPECT_THAT(coordinator_->ProveRecovery({}, {}), FailsWith("state.wrong"));
  ASSERT_OK(Set(Make()));
  EXPECT_THAT(coordinator_->GetRecoveryDrill(), FailsWith("drill.none"));
  EXPECT_THAT(coordinator_->ProveRecovery({}, {}), FailsWith("drill.none"));
  Stop();
  std::filesystem::remove_all(SealFile(""));
  Start();
  SetWithKeys(1, 0);
  ASSERT_OK(Prove("key0"));
  LoseTheKey();
  EXPECT_THAT(coordinator_->GetRecoveryDrill(), FailsWith("state.wrong"));
  ASSERT_OK(Recover("key0"));
  EXPECT_EQ(Count(), 1U);
}

}  // namespace
}  // namespace steelie::control
