// What the SQLite store promises beyond the contract of stores: files, locks, witnesses of the length, damage below
// SQL.

#include "ledger/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "ledger/sqlite/connection.h"
#include "ledger/sqlite/tail_file.h"
#include "ledger/test/harness.h"

namespace steelie::ledger {
namespace {

using steelie::testing::FailsWith;
using steelie::testing::InsecureSeededRandom;
using testing::Events;
using testing::Folded;
using testing::HeaderOf;
using testing::KeyOf;

namespace fs = std::filesystem;

Bytes ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ToBytes(text);
}

void WriteFile(const std::string& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << AsText(bytes);
}

class Sqlite : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> OpenStore() {
    warnings_.clear();
    return SqliteStore::Open(Path(),
                             {.warn = [this](std::string_view text) { warnings_.emplace_back(text); }, .vfs = ""});
  }

  std::unique_ptr<Ledger> Create(int events) {
    auto store = OpenStore();
    EXPECT_TRUE(store.has_value()) << store.error().ToString();
    auto ledger = Ledger::Create(std::move(*store), HeaderOf(1), KeyOf(1), random_, Events({"1"}));
    EXPECT_TRUE(ledger.has_value()) << ledger.error().ToString();
    for (int i = 2; i <= events; ++i) Append(**ledger, std::to_string(i));
    return std::move(*ledger);
  }

  void Append(Ledger& ledger, const std::string& event) {
    const auto appended = ledger.Append(ledger.tail(), Events({event}));
    EXPECT_TRUE(appended.has_value()) << appended.error().ToString();
  }

  // The number of the last entry, or why the ledger does not open.
  std::string Opened(std::uint8_t key = 1) {
    auto store = OpenStore();
    if (!store) return store.error().ToString();
    const auto ledger = Ledger::Open(std::move(*store), KeyOf(key), random_, folded_.replay());
    return ledger ? std::to_string((*ledger)->tail().sequence) : ledger.error().ToString();
  }

  // The directory as a kill -9 now would leave it.
  void CrashCopy(const std::string& to) const {
    fs::remove_all(to);
    fs::copy(Path(), to);
  }

  void Restore(const std::string& from) const {
    fs::remove_all(Path());
    fs::copy(from, Path());
  }

  std::string Path() const { return dir_ / "seal"; }
  std::string File(const std::string& name) const { return Path() + "/" + name; }

  testing::TempDir dir_;
  InsecureSeededRandom random_{1};
  Folded folded_;
  std::vector<std::string> warnings_;
};

TEST_F(Sqlite, FilesArePrivateAndNoneButTheOneCalledSoIsAKey) {
  const auto ledger = Create(3);
  const auto mode = [](const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
  };
  EXPECT_EQ(mode(Path()), 0700U);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(Path())) {
    names.insert(entry.path().filename());
    EXPECT_EQ(mode(entry.path()), 0600U) << entry.path();
  }
  EXPECT_EQ(names, (std::set<std::string>{"ledger.db", "ledger.db-wal", "lock", "tail"}));
}

TEST_F(Sqlite, CreatesMissingParents) { ASSERT_TRUE(SqliteStore::Open(dir_ / "a/b/c", {}).has_value()); }

TEST_F(Sqlite, IsUsedByOneAtATime) {
  auto ledger = Create(2);
  const auto second = OpenStore();
  EXPECT_THAT(OpenStore(), FailsWith("ledger.locked"));
  EXPECT_NE(second.error().message().find("another process uses this seal directory"), std::string::npos);
  ledger.reset();
  EXPECT_EQ(Opened(), "2");
}

TEST_F(Sqlite, SqlitesOwnLockCountsToo) {
  auto ledger = Create(2);
  fs::remove(File("lock"));
  EXPECT_THAT(OpenStore(), FailsWith("ledger.locked"));
}

TEST_F(Sqlite, WhatCannotBeOpenedIsUnreadable) {
  WriteFile(dir_ / "file", {});
  EXPECT_THAT(SqliteStore::Open(dir_ / "file", {}), FailsWith("ledger.unreadable"));
  EXPECT_THAT(SqliteStore::Open(dir_ / "file/below", {}), FailsWith("ledger.unreadable"));
  fs::create_directories(File("ledger.db"));
  EXPECT_THAT(OpenStore(), FailsWith("ledger.unreadable"));
}

TEST_F(Sqlite, AnInterruptedCreationCountsAsNeverWritten) {
  ASSERT_TRUE(OpenStore().has_value());
  EXPECT_EQ(Opened(), "ledger.none: there is no ledger yet");
  fs::remove(File("ledger.db"));
  fs::remove(File("ledger.db-wal"));
  WriteFile(File("ledger.db"), {});
  EXPECT_EQ(Opened(), "ledger.none: there is no ledger yet");
}

TEST_F(Sqlite, ANewerDatabaseIsRefusedAndUntouched) {
  Create(2);
  {
    ASSERT_OK_AND_ASSIGN(const auto db, sqlite::Connection::Open(File("ledger.db"), ""));
    ASSERT_OK(db->Exec("PRAGMA user_version=2"));
  }
  EXPECT_THAT(OpenStore(), FailsWith("ledger.version"));
  ASSERT_OK_AND_ASSIGN(const auto db, sqlite::Connection::Open(File("ledger.db"), ""));
  EXPECT_EQ(db->QueryU64("PRAGMA user_version"), 2U);
}

TEST_F(Sqlite, AForeignSchemaIsRefused) {
  for (const char* sql :
       {"CREATE TABLE more(x)", "CREATE VIEW more AS SELECT 1", "CREATE INDEX more ON entries(bytes)",
        "CREATE TRIGGER more AFTER INSERT ON entries BEGIN DELETE FROM entries; END", "DROP TABLE snapshots",
        "DELETE FROM ledger", "UPDATE ledger SET store = x'00'", "PRAGMA user_version=0"}) {
    fs::remove_all(Path());
    Create(2);
    {
      ASSERT_OK_AND_ASSIGN(const auto db, sqlite::Connection::Open(File("ledger.db"), ""));
      ASSERT_OK(db->Exec(sql));
    }
    EXPECT_THAT(OpenStore(), FailsWith("ledger.corrupt")) << sql;
  }
}

// ---- the tail record

TEST_F(Sqlite, AnOlderDatabaseUnderItsTailIsCorrupt) {
  auto ledger = Create(3);
  const std::string old = dir_ / "old";
  ledger.reset();
  CrashCopy(old);
  {
    auto store = OpenStore();
    ledger = *Ledger::Open(std::move(*store), KeyOf(1), random_, {});
    Append(*ledger, "4");
    ledger.reset();
  }
  fs::copy_file(old + "/ledger.db", File("ledger.db"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(Opened(),
            "ledger.corrupt: the log is shorter than its tail record says: it ends at entry 3, but entry 4 was "
            "written. Restore a backup: put its ledger.db in place and remove ledger.db-wal and tail");
  // As the message says:
  fs::remove(File("ledger.db-wal"));
  fs::remove(File("tail"));
  EXPECT_EQ(Opened(), "3");
  EXPECT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(Opened(), "3");
  EXPECT_EQ(warnings_.size(), 0U);
}

TEST_F(Sqlite, AFlippedBitAnywhereInTheLogNeverShortensIt) {
  const std::string crashed = dir_ / "crashed";
  auto ledger = Create(12);
  CrashCopy(crashed);
  ledger.reset();
  const Bytes log = ReadFile(crashed + "/ledger.db-wal");
  ASSERT_GT(log.size(), 11U * 4096U);
  std::set<std::string> outcomes;
  for (std::size_t at = 0; at < log.size(); at += 397) {
    Restore(crashed);
    Bytes damaged = log;
    damaged[at] ^= 0x04;
    WriteFile(File("ledger.db-wal"), damaged);
    const std::string opened = Opened();
    outcomes.insert(opened.substr(0, opened.find(':')));
    // Refusing changes nothing: with the bit put right again everything is there.
    if (opened != "12") {
      WriteFile(File("ledger.db-wal"), log);
      EXPECT_EQ(Opened(), "12") << at;
    }
  }
  EXPECT_TRUE(outcomes.contains("ledger.corrupt"));
  outcomes.erase("12");
  EXPECT_EQ(outcomes, std::set<std::string>{"ledger.corrupt"});
}

TEST_F(Sqlite, ALogThatIsGoneIsCorrupt) {
  const std::string crashed = dir_ / "crashed";
  auto ledger = Create(12);
  CrashCopy(crashed);
  ledger.reset();
  for (const bool removed : {true, false}) {
    Restore(crashed);
    removed ? static_cast<void>(fs::remove(File("ledger.db-wal"))) : fs::resize_file(File("ledger.db-wal"), 9000);
    EXPECT_TRUE(Opened().starts_with("ledger.corrupt: the log is shorter than its tail record says"));
  }
}

TEST_F(Sqlite, ADatabaseThatIsGoneIsCorruptNotNone) {
  const std::string crashed = dir_ / "crashed";
  auto ledger = Create(3);
  CrashCopy(crashed);
  ledger.reset();
  for (const bool with_log : {true, false}) {
    for (const bool with_tail : {true, false}) {
      if (!with_log && !with_tail) continue;  // no trace is left: "none" is what the host can always show
      for (const bool empty : {true, false}) {
        Restore(crashed);
        fs::remove(File("ledger.db"));
        if (empty) WriteFile(File("ledger.db"), {});
        if (!with_log) fs::remove(File("ledger.db-wal"));
        if (!with_tail) fs::remove(File("tail"));
        EXPECT_TRUE(Opened().starts_with("ledger.corrupt")) << with_log << with_tail << empty;
      }
    }
  }
}

TEST_F(Sqlite, ATornTailIsToleratedWithAWarning) {
  Create(5);
  const Bytes tail = ReadFile(File("tail"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, std::size_t{512}, std::size_t{600}}) {
    WriteFile(File("tail"), ByteView(tail).first(size));
    EXPECT_EQ(Opened(), "5") << size;
    EXPECT_EQ(warnings_.size(), size < 512 ? 1U : 0U) << size;
  }
  WriteFile(File("tail"), Bytes(1024));
  EXPECT_EQ(Opened(), "5");
  EXPECT_EQ(warnings_.size(), 1U);
  // It was mended meanwhile.
  EXPECT_EQ(Opened(), "5");
  EXPECT_EQ(warnings_.size(), 0U);
}

TEST_F(Sqlite, OneTornSlotLeavesTheOther) {
  const std::string crashed = dir_ / "crashed";
  auto ledger = Create(5);
  CrashCopy(crashed);
  ledger.reset();
  for (const std::size_t slot : {0U, 1U}) {
    Restore(crashed);
    Bytes tail = ReadFile(File("tail"));
    tail[slot * sqlite::kTailSlotSize + 30] ^= 1;
    WriteFile(File("tail"), tail);
    fs::resize_file(File("ledger.db-wal"), 32 + 2 * 4120);
    EXPECT_TRUE(Opened().starts_with("ledger.corrupt: the log is shorter")) << slot;
  }
}

TEST_F(Sqlite, TheTailOfAnotherDatabaseIsRefused) {
  Create(2);
  const Bytes tail = ReadFile(File("tail"));
  fs::remove_all(Path());
  Create(3);
  WriteFile(File("tail"), tail);
  EXPECT_TRUE(Opened().starts_with("ledger.corrupt: the tail record belongs to another database"));
}

TEST_F(Sqlite, TailSlotsDecodeOrAreUnreadable) {
  const sqlite::TailRecord record{{1, 2, 3}, 77};
  const Bytes slot = sqlite::EncodeTailSlot(record);
  ASSERT_EQ(slot.size(), sqlite::kTailSlotSize);
  EXPECT_EQ(*sqlite::DecodeTailSlot(slot), std::optional(record));
  for (std::size_t n = 0; n < 61; ++n) {
    Bytes bad = slot;
    bad[n] ^= 1;
    EXPECT_FALSE(sqlite::DecodeTailSlot(bad)->has_value()) << n;
  }
}

// ---- damage below SQL

TEST_F(Sqlite, AFlippedBitAnywhereInTheDatabaseIsAnErrorOrHarmless) {
  {
    auto ledger = Create(40);
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), Bytes(9000, 1), 5));
    for (int i = 41; i <= 60; ++i) Append(*ledger, std::string(300, 'x'));
  }
  const Bytes good = ReadFile(File("ledger.db"));
  const Bytes tail = ReadFile(File("tail"));
  ASSERT_EQ(Opened(), "60");
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : 41) {
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1U << (at % 8U));
    WriteFile(File("ledger.db"), bad);
    fs::remove(File("ledger.db-wal"));
    WriteFile(File("tail"), tail);
    const std::string opened = Opened();
    if (opened == "60") continue;
    ++refused;
    const std::string reason = opened.substr(0, opened.find(':'));
    EXPECT_TRUE(reason == "ledger.corrupt" || reason == "ledger.version" || reason == "ledger.unreadable")
        << at << ": " << opened;
  }
  EXPECT_GT(refused, 100U);
}

TEST_F(Sqlite, ATruncatedDatabaseIsCorrupt) {
  Create(60);
  const Bytes good = ReadFile(File("ledger.db"));
  for (std::size_t size = 0; size < good.size(); size += 1000) {
    WriteFile(File("ledger.db"), ByteView(good).first(size));
    const std::string opened = Opened();
    EXPECT_TRUE(opened.starts_with("ledger.corrupt")) << size << ": " << opened;
  }
}

TEST_F(Sqlite, ADatabaseDeletedWhileInUseStopsWrites) {
  auto ledger = Create(3);
  fs::remove(File("ledger.db"));
  EXPECT_THAT(ledger->Append(ledger->tail(), Events({"lost"})), FailsWith("ledger.io"));
  EXPECT_THAT(ledger->Append(ledger->tail(), Events({"lost"})), FailsWith("ledger.io"));
}

// ---- copies

TEST_F(Sqlite, ABackupIsWholeAndCanBeRestored) {
  const std::string backup = dir_ / "backup.db";
  {
    auto store = OpenStore();
    std::shared_ptr<SqliteStore> shared = std::move(*store);
    auto ledger = *Ledger::Create(shared, HeaderOf(1), KeyOf(1), random_, Events({"1", "2"}));
    ASSERT_OK(shared->Backup(backup));
    EXPECT_THAT(shared->Backup(backup), FailsWith("ledger.unreadable"));
    EXPECT_THAT(shared->Backup(dir_ / "nowhere/backup.db"), FailsWith("ledger.unreadable"));
    Append(*ledger, "3");
  }
  struct stat info{};
  ASSERT_EQ(::stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  fs::copy_file(backup, File("ledger.db"), fs::copy_options::overwrite_existing);
  EXPECT_TRUE(Opened().starts_with("ledger.corrupt: the log is shorter"));
  fs::remove(File("ledger.db-wal"));
  fs::remove(File("tail"));
  EXPECT_EQ(Opened(), "2");
}

TEST_F(Sqlite, MovingAsideMakesRoomForAFreshLedger) {
  const std::vector<std::string> others{"sealed_key", "not there"};
  auto ledger = Create(5);
  EXPECT_THAT(SqliteStore::MoveAside(Path(), File("old"), others), FailsWith("ledger.locked"));
  ledger.reset();
  WriteFile(File("sealed_key"), AsBytes("key"));
  ASSERT_OK(SqliteStore::MoveAside(Path(), File("old"), others));
  EXPECT_EQ(ReadFile(File("old/sealed_key")), ToBytes("key"));
  EXPECT_FALSE(fs::exists(File("sealed_key")));
  EXPECT_EQ(Opened(), "ledger.none: there is no ledger yet");
  EXPECT_THAT(SqliteStore::MoveAside(Path(), File("old"), others), FailsWith("ledger.unreadable"));
  Create(2);
  EXPECT_EQ(Opened(), "2");
  // The old one is whole, its witness included.
  fs::rename(File("old"), dir_ / "aside");
  Restore(dir_ / "aside");
  EXPECT_EQ(Opened(), "5");
  EXPECT_EQ(warnings_.size(), 0U);
  // Interrupted between the two renames.
  fs::remove(File("tail"));
  EXPECT_EQ(Opened(), "5");
}

// ---- key epochs

TEST_F(Sqlite, NothingOfAnOldEpochStaysInAnyFile) {
  auto store = OpenStore();
  std::shared_ptr<SqliteStore> shared = std::move(*store);
  auto ledger = *Ledger::Create(shared, HeaderOf(1), KeyOf(1), random_, Events({"first"}));
  for (int i = 0; i < 200; ++i) Append(*ledger, std::string(100 + 50 * (i % 100), 'x'));
  ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), Bytes(50000, 2), 0));
  for (int i = 0; i < 200; ++i) Append(*ledger, std::string(100 + 50 * (i % 100), 'y'));

  // Sixteen bytes from everywhere in everything that was sealed so far.
  std::vector<Bytes> needles;
  const auto collect = [&](ByteView bytes) {
    for (std::size_t at = 66; at + 16 <= bytes.size(); at += 1024) needles.push_back(ToBytes(bytes.subspan(at, 16)));
  };
  ASSERT_OK(shared->ReadEntries(1, [&](const StoredEntry& entry) {
    collect(entry.bytes);
    return Ok();
  }));
  collect((*shared->NewestSnapshot())->bytes);
  const auto found = [&] {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(Path())) {
      const Bytes file = ReadFile(entry.path());
      for (const Bytes& needle : needles) {
        if (std::search(file.begin(), file.end(), needle.begin(), needle.end()) != file.end()) ++count;
      }
    }
    return count;
  };
  EXPECT_GE(found(), needles.size());
  ASSERT_OK(ledger->StartEpoch(ledger->tail(), HeaderOf(1, 2), KeyOf(2), AsBytes("all")));
  EXPECT_EQ(found(), 0U);
  Append(*ledger, "after");
  ledger.reset();
  shared.reset();
  EXPECT_EQ(found(), 0U);
  EXPECT_EQ(Opened(2), "402");
}

}  // namespace
}  // namespace steelie::ledger
