#include <gtest/gtest.h>

#include <thread>

#include "base/file.h"
#include "control/testing/coordinator_test.h"

// What a restart finds. Promises 2 and 3.
namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::CoordinatorTest;
using testing::Manifest;

constexpr std::size_t kMaxFile = std::size_t{1} << 26U;
const char* const kMarbles =
    R"("m":{"Package":"app","MaxActivations":3,"Parameters":{"Env":{"K":"{{ hex .Secrets.own }}","S":"{{ hex .Secrets.shared }}"}}})";
const char* const kKeys =
    R"("own":{"Type":"symmetric-key","Size":128},"shared":{"Type":"symmetric-key","Size":256,"Shared":true})";

class PersistenceTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }
  Bytes Root() { return coordinator_->ClientApiIdentity()->certificate.der(); }
};

TEST_F(PersistenceTest, Promise2ARestartShowsTheCommittedState) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const std::string key = Env("m", "K");
  const std::string shared = Env("m", "S");
  const Bytes root = Root();
  ASSERT_OK_AND_ASSIGN(const ManifestView manifest, coordinator_->GetManifest());
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
  EXPECT_EQ(Root(), root);
  EXPECT_EQ(coordinator_->GetManifest()->signature, manifest.signature);
  ASSERT_OK_AND_ASSIGN(const ActivationResponse response, Activate("m"));
  EXPECT_EQ(EnvOf(response, "K"), key);
  EXPECT_EQ(EnvOf(response, "S"), shared);
  EXPECT_THAT(Activate("m"), FailsWith("activate.limit"));
}

TEST_F(PersistenceTest, NothingIsKeptBeforeAManifest) {
  const Bytes root = Root();
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingManifest);
  EXPECT_NE(Root(), root);
}

TEST_F(PersistenceTest, DisabledSealModeWritesNothing) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys, R"("Config":{"SealMode":"Disabled"})")));
  ASSERT_OK(Activate("m"));
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingManifest);
}

// A lost key is no reason to forget: recovery, with everything still there.
TEST_F(PersistenceTest, Promise2AMissingOrDamagedKeyFileMeansRecoveryNeverFresh) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const Bytes root = Root();
  Stop();
  const Bytes key_file = *ReadFile(SealFile("sealed_key"), kMaxFile);
  std::filesystem::remove(SealFile("sealed_key"));
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
  EXPECT_THAT(Activate("m"), FailsWith("state.wrong"));
  Stop();
  for (const std::size_t at : {std::size_t{0}, key_file.size() / 2, key_file.size() - 1}) {
    Bytes damaged = key_file;
    damaged[at] ^= 1;
    ASSERT_OK(ReplaceFile(SealFile("sealed_key"), damaged));
    Start();
    EXPECT_EQ(coordinator_->phase(), Phase::kRecovery) << at;
    Stop();
  }
  ASSERT_OK(ReplaceFile(SealFile("sealed_key"), key_file));
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
  EXPECT_EQ(Root(), root);
}

// Anybody may upload recovery secrets, also while a new manifest replaces the locked ledger.
TEST_F(PersistenceTest, RecoveryAndANewManifestAtTheSameTime) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const Bytes secret(32, 1);
  for (int i = 0; i < 20; ++i) {
    Stop();
    std::filesystem::remove(SealFile("sealed_key"));
    clock_.Advance(std::chrono::seconds(1));  // backups are named after the time
    Start();
    ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
    std::atomic<bool> set = false;
    std::jthread recovering([&] {
      while (!set) EXPECT_FALSE(coordinator_->Recover(secret, {}).has_value());
    });
    EXPECT_OK(Set(Manifest(kMarbles, kKeys)));
    set = true;
  }
}

TEST_F(PersistenceTest, ALockedLedgerCanBeBackedUpAndStaysWhileItIs) {
  EXPECT_THAT(coordinator_->CopyLedger(folder_.path() / "copy", nullptr), FailsWith("backup.no_ledger"));
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  Stop();
  std::filesystem::remove(SealFile("sealed_key"));
  Start();
  ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
  const auto meanwhile = [&](std::uint64_t, std::uint64_t) -> Status {
    EXPECT_THAT(Set(Manifest(kMarbles, kKeys)), FailsWith("vault.backup"));
    EXPECT_THAT(coordinator_->CopyLedger(folder_.path() / "other", nullptr), FailsWith("backup.busy"));
    return Ok();
  };
  ASSERT_OK_AND_ASSIGN(const Coordinator::LedgerCopy copy,
                       coordinator_->CopyLedger(folder_.path() / "copy", meanwhile));
  EXPECT_TRUE(copy.key_file.empty());
  EXPECT_NE(copy.note, "");
  EXPECT_OK(Set(Manifest(kMarbles, kKeys)));
}

// An error that may pass is no reason to let anybody set a new manifest.
TEST_F(PersistenceTest, AKeyFileThatCannotBeReadEndsTheStart) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  Stop();
  std::filesystem::rename(SealFile("sealed_key"), SealFile("moved"));
  std::filesystem::create_directory(SealFile("sealed_key"));
  EXPECT_FALSE(TryStart(none_).has_value());
  std::filesystem::remove(SealFile("sealed_key"));
  std::filesystem::rename(SealFile("moved"), SealFile("sealed_key"));
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

TEST_F(PersistenceTest, AKeyFileOfAnotherLedgerMeansRecovery) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  Stop();
  const Bytes mine = *ReadFile(SealFile("sealed_key"), kMaxFile);
  std::filesystem::rename(folder_.path() / "seal", folder_.path() / "first");
  Start();
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  Stop();
  ASSERT_OK(ReplaceFile(SealFile("sealed_key"), mine));
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
  EXPECT_NE(recorder_.Text().find("another ledger"), std::string::npos);
}

TEST_F(PersistenceTest, Promise2ADamagedDatabaseIsRefusedNeverFresh) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  ASSERT_OK(Activate("m"));
  Stop();
  for (const char* name : {"ledger.db", "ledger.db-wal"}) {
    if (!std::filesystem::exists(SealFile(name)) || std::filesystem::file_size(SealFile(name)) == 0) continue;
    const Bytes good = *ReadFile(SealFile(name), kMaxFile);
    const Bytes half(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2));
    for (const Bytes& bad : {half, Bytes(), Bytes(good.size(), 0)}) {
      ASSERT_OK(ReplaceFile(SealFile(name), bad));
      EXPECT_FALSE(TryStart(none_).has_value()) << name << " with " << bad.size() << " bytes";
    }
    ASSERT_OK(ReplaceFile(SealFile(name), good));
  }
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

TEST_F(PersistenceTest, Promise3PartsOfTwoPointsInTimeDoNotMix) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  Stop();
  std::filesystem::copy(folder_.path() / "seal", folder_.path() / "old");
  Start();
  ASSERT_OK(Activate("m"));
  Stop();
  // The old database under the newer tail record: shorter than it was.
  std::filesystem::remove(SealFile("ledger.db-wal"));
  std::filesystem::copy_file(folder_.path() / "old" / "ledger.db", SealFile("ledger.db"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(TryStart(none_), FailsWith("ledger.corrupt"));
}

TEST_F(PersistenceTest, TwoProcessesOnOneDirectoryAreRefused) {
  EXPECT_THAT(TryStart(none_), FailsWith("ledger.locked"));
}

TEST_F(PersistenceTest, ANewManifestInRecoveryKeepsTheOldStateAsABackup) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const Bytes root = Root();
  Stop();
  const Bytes key_file = *ReadFile(SealFile("sealed_key"), kMaxFile);
  std::filesystem::remove(SealFile("sealed_key"));
  Start();
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
  EXPECT_NE(Root(), root);
  Stop();
  std::filesystem::path backup;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "seal")) {
    if (entry.is_directory()) backup = entry.path();
  }
  ASSERT_FALSE(backup.empty());
  // The backup is whole: with its key it opens again.
  std::filesystem::rename(folder_.path() / "seal", folder_.path() / "second");
  std::filesystem::rename(folder_.path() / "second" / backup.filename(), folder_.path() / "seal");
  ASSERT_OK(ReplaceFile(SealFile("sealed_key"), key_file));
  Start();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
  EXPECT_EQ(Root(), root);
}

// A failure, or an end, at any step between the old ledger and the new one: never a directory that looks fresh.
TEST_F(PersistenceTest, Promise2ANewManifestThatFailsInRecoveryLeavesTheOldStateToRecover) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const Bytes root = Root();
  Stop();
  const Bytes key_file = *ReadFile(SealFile("sealed_key"), kMaxFile);
  int steps = 0;
  int fail_at = -1;
  bool lasting = false;
  seal_fault_ = [&](std::string_view) {
    const int step = steps++;
    return fail_at >= 0 && (step == fail_at || (lasting && step > fail_at)) ? EIO : 0;
  };
  for (int at = 0;; ++at) {
    bool failed = false;
    // A failure that passes, and one that stays until the process ends.
    for (const bool stays : {false, true}) {
      SCOPED_TRACE(std::to_string(at) + (stays ? ", stays" : ""));
      ASSERT_OK(ReplaceFile(SealFile("sealed_key"), Bytes(100, 1)));
      Start();
      ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
      steps = 0;
      fail_at = at;
      lasting = stays;
      failed = !Set(Manifest(kMarbles, kKeys)).has_value();
      fail_at = -1;
      if (!failed) break;
      EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
      Restart();
      EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
      Stop();
      ASSERT_OK(ReplaceFile(SealFile("sealed_key"), key_file));
      Start();
      ASSERT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
      EXPECT_EQ(Root(), root);
      Stop();
    }
    if (!failed) break;
    ASSERT_LT(at, 40);
  }
  EXPECT_GT(steps, 15);
  EXPECT_NE(Root(), root);
}

// What is not kept must not take the place of what is.
TEST_F(PersistenceTest, Promise2AManifestThatIsNotKeptLeavesTheOldStateInPlace) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const Bytes root = Root();
  Stop();
  const Bytes key_file = *ReadFile(SealFile("sealed_key"), kMaxFile);
  std::filesystem::remove(SealFile("sealed_key"));
  Start();
  ASSERT_OK(Set(Manifest(kMarbles, kKeys, R"("Config":{"SealMode":"Disabled"})")));
  EXPECT_OK(Activate("m"));
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kRecovery);
  Stop();
  ASSERT_OK(ReplaceFile(SealFile("sealed_key"), key_file));
  Start();
  EXPECT_EQ(Root(), root);
}

TEST_F(PersistenceTest, UnlimitedActivationsAreAuditedAndReplayed) {
  ASSERT_OK(Set(Manifest(R"("u":{"Package":"app"})")));
  for (int i = 0; i < 10; ++i) ASSERT_OK(Activate("u"));
  coordinator_->Flush();
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

}  // namespace
}  // namespace steelie::control
