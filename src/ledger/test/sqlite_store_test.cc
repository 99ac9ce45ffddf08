// What the SQLite store promises beyond the contract of stores: files, locks, key epochs, copies.

#include "ledger/sqlite/sqlite_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <thread>

#include "ledger/sqlite/connection.h"
#include "ledger/test/sqlite_fixture.h"

namespace steelie::ledger {
namespace {

using steelie::testing::FailsWith;
using testing::Events;
using testing::HeaderOf;
using testing::KeyOf;
using testing::ReadFile;
using testing::Sqlite;
using testing::WriteFile;

namespace fs = std::filesystem;

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

TEST_F(Sqlite, ReadsRunBesideWrites) {
  auto store = OpenStore();
  const std::shared_ptr<SqliteStore> shared = std::move(*store);
  const auto ledger = *Ledger::Create(shared, HeaderOf(1), KeyOf(1), random_, Events({"1"}));
  std::thread writer([&] {
    for (int i = 2; i <= 200; ++i) Append(*ledger, std::string(2000, 'x'));
  });
  std::uint64_t seen = 0;
  while (seen < 200) {
    std::uint64_t last = 0;
    const Status read = shared->ReadEntries(1, [&](const StoredEntry& entry) {
      last = entry.sequence;
      return Ok();
    });
    EXPECT_OK(read);
    EXPECT_GE(last, seen);
    EXPECT_GE(ledger->tail().sequence + 1, last);
    seen = last;
  }
  writer.join();
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
