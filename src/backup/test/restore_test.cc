#include "backup/restore.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "backup/inspect.h"
#include "backup/make.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "base/testing/temp_folder.h"
#include "ledger/sqlite/sqlite_store.h"
#include "seal/key_file.h"
#include "seal/recovery.h"

// A seal directory, its backup, and crashes at every step of restoring it.
namespace steelie::backup {
namespace {

namespace fs = std::filesystem;
using steelie::testing::FailsWith;

class RestoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger::Header header;
    header.id.fill(7);
    header.recovery = seal::EncodeRecoveryScheme({});
    const ledger::LedgerKey key(Bytes(32, 1));
    auto store = ledger::SqliteStore::Open(Seal(), {});
    ASSERT_TRUE(store.has_value());
    const std::vector<SecretBuffer> events = {SecretBuffer(10, 1), SecretBuffer(10, 2)};
    ASSERT_TRUE(ledger::Ledger::Create(std::move(*store), header, key.Clone(), random_, events).has_value());
    const seal::PlatformKey platform(Bytes(32, 2));
    const seal::KeyFile file{
        header.id, false, {seal::Wrap(header.id, false, 1, platform, ToBytes("product"), Bytes(32, 1), random_)}};
    ASSERT_OK(WriteFile(Seal() + "/sealed_key", seal::EncodeKeyFile(file)));
    ASSERT_TRUE(MakeBackup(Seal(), Backup(), {1'790'000'000, "test"}, {}).has_value());
  }

  // The number of the last entry of what a Coordinator would open, or why it would not.
  std::string Opened(const std::string& directory) {
    auto store = ledger::SqliteStore::Open(directory, {});
    if (!store) return store.error().reason();
    const auto opened = ledger::Ledger::Open(std::move(*store), ledger::LedgerKey(Bytes(32, 1)), random_, {});
    return opened ? std::to_string((*opened)->tail().sequence) : opened.error().reason();
  }

  std::string Seal() const { return folder_.path() / "seal"; }
  std::string Backup() const { return folder_.path() / "backup"; }
  std::string New() const { return folder_.path() / "new"; }

  steelie::testing::TempFolder folder_;
  steelie::testing::InsecureSeededRandom random_{3};
};

TEST_F(RestoreTest, GivesTheLedgerBack) {
  const auto restored = Restore(Backup(), New(), {});
  ASSERT_TRUE(restored.has_value()) << restored.error().ToString();
  EXPECT_TRUE(restored->with_key);
  EXPECT_TRUE(Exists(New() + "/sealed_key"));
  EXPECT_EQ(Opened(New()), "2");
  EXPECT_THAT(Restore(Backup(), New(), {}), FailsWith("restore.not_empty"));
}

TEST_F(RestoreTest, TwoSlashesAtTheBeginningNameNoHost) {
  const auto inspection = Inspect("/" + Backup());
  ASSERT_TRUE(inspection.has_value());
  EXPECT_TRUE(inspection->sound()) << inspection->findings.front().message;
  EXPECT_TRUE(Restore("/" + Backup(), "/" + New(), {}).has_value());
}

TEST_F(RestoreTest, ACrashAtAnyStepLeavesNoSealDirectory) {
  int steps = 0;
  (void)Restore(Backup(), New(), {.fault = [&](std::string_view) { return ++steps == 0; }});
  ASSERT_GT(steps, 8);
  for (int crash = 1; crash <= steps; ++crash) {
    fs::remove_all(New());
    int step = 0;
    std::string name;
    const auto fault = [&](std::string_view what) {
      name = what;
      return ++step == crash;
    };
    ASSERT_THAT(Restore(Backup(), New(), {.fault = fault}), FailsWith("restore.fault"));
    if (name == "sync unmark") {
      EXPECT_EQ(Opened(New()), "2");
      continue;
    }
    // Before the mark nothing was written yet.
    if (name != "mark") {
      EXPECT_EQ(Opened(New()), "ledger.restoring") << name;
    }
    ASSERT_TRUE(Restore(Backup(), New(), {}).has_value()) << name;
    EXPECT_EQ(Opened(New()), "2") << name;
  }
}

TEST_F(RestoreTest, InspectionSeesKeysOfOthers) {
  auto inspection = Inspect(Backup());
  ASSERT_TRUE(inspection.has_value());
  EXPECT_TRUE(inspection->sound());
  EXPECT_EQ(inspection->key.verdict, KeyState::Verdict::kFits);
  // In the seal directory the same bytes with another identifier, and damaged ones.
  seal::KeyFile other{
      {}, false, {seal::Wrap({}, false, 1, seal::PlatformKey(Bytes(32, 2)), {}, Bytes(32, 1), random_)}};
  fs::remove(Seal() + "/sealed_key");
  ASSERT_OK(WriteFile(Seal() + "/sealed_key", seal::EncodeKeyFile(other)));
  inspection = Inspect(Seal());
  ASSERT_TRUE(inspection.has_value());
  ASSERT_EQ(inspection->findings.size(), 1U);
  EXPECT_EQ(inspection->findings.front().reason, "vault.key");
  fs::resize_file(Seal() + "/sealed_key", 20);
  inspection = Inspect(Seal());
  ASSERT_EQ(inspection->findings.size(), 1U);
  EXPECT_EQ(inspection->findings.front().reason, "seal.key_file");
  fs::remove(Seal() + "/sealed_key");
  inspection = Inspect(Seal());
  EXPECT_TRUE(inspection->sound());
  EXPECT_EQ(inspection->key.verdict, KeyState::Verdict::kMissing);
}

TEST_F(RestoreTest, AManifestOfAnotherLedgerIsRefusedThoughItsChecksumsFit) {
  auto manifest = ReadBackupManifest(Backup());
  ASSERT_TRUE(manifest.has_value());
  manifest->sequence = 3;
  fs::remove(Backup() + "/backup");
  ASSERT_OK(WriteFile(Backup() + "/backup", EncodeBackupManifest(*manifest)));
  EXPECT_THAT(Restore(Backup(), New(), {}), FailsWith("backup.part"));
  EXPECT_FALSE(Exists(New()));
}

// What is looked at may be anybody's: opening a pipe would wait for somebody who writes.
TEST_F(RestoreTest, PipesInTheWayAreNotWaitedFor) {
  const auto replace = [](const std::string& path) {
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  };
  replace(Seal() + "/lock");
  replace(Seal() + "/tail");
  replace(Seal() + "/sealed_key");
  auto inspection = Inspect(Seal());
  ASSERT_TRUE(inspection.has_value()) << inspection.error().ToString();
  EXPECT_EQ(inspection->tail, "torn");
  EXPECT_EQ(inspection->key.verdict, KeyState::Verdict::kDamaged);
  replace(Backup() + "/sealed_key");
  EXPECT_THAT(Restore(Backup(), New(), {}), FailsWith("backup.unreadable"));
  replace(Backup() + "/backup");
  EXPECT_THAT(Restore(Backup(), New(), {}), FailsWith("backup.unreadable"));
  inspection = Inspect(Backup());
  ASSERT_TRUE(inspection.has_value()) << inspection.error().ToString();
  EXPECT_EQ(inspection->findings.front().reason, "backup.unreadable");
  EXPECT_FALSE(Exists(New()));
}

}  // namespace
}  // namespace steelie::backup
