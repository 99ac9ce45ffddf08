#include "ledger/sqlite/replacement.h"

#include <gmock/gmock.h>

#include "base/testing/result_matchers.h"
#include "ledger/test/sqlite_fixture.h"

namespace steelie::ledger::testing {
namespace {

using steelie::testing::FailsWith;

const std::vector<std::string> kOthers{"sealed_key", "not there"};

class ReplacementTest : public Sqlite {
 protected:
  void SetUp() override {
    Create(5);
    WriteFile(File("sealed_key"), AsBytes("old key"));
    CrashCopy(dir_ / "before");
  }

  // Every file operation from the `fail_at`-th on fails, as if the process had been killed there. Negative: none.
  SqliteStore::Options FailingAt(int fail_at) {
    steps_ = 0;
    SqliteStore::Options options;
    options.fault = [this, fail_at](std::string_view) { return steps_++ >= fail_at && fail_at >= 0 ? EIO : 0; };
    return options;
  }

  Result<std::unique_ptr<SqliteStore>> Replace(int fail_at = -1) {
    return SqliteStore::Replace(Path(), "old", kOthers, FailingAt(fail_at));
  }

  void ExpectOldInPlace() {
    EXPECT_EQ(Opened(), "5");
    EXPECT_EQ(ReadFile(File("sealed_key")), ToBytes("old key"));
    EXPECT_FALSE(fs::exists(File("replacing")));
    EXPECT_FALSE(fs::exists(File("old")));
    EXPECT_EQ(Opened(), "5");
    EXPECT_EQ(warnings_.size(), 0U);
  }

  void WriteNewLedger(std::unique_ptr<SqliteStore> store) {
    WriteFile(File("sealed_key"), AsBytes("new key"));
    ASSERT_TRUE(Ledger::Create(std::move(store), HeaderOf(2), KeyOf(2), random_, Events({"a", "b"})).has_value());
  }

  int steps_ = 0;
};

TEST_F(ReplacementTest, MakesRoomForANewLedgerAndKeepsTheOldOneWhole) {
  {
    auto in_use = OpenStore();
    EXPECT_THAT(Replace(), FailsWith("ledger.locked"));
  }
  auto store = Replace();
  ASSERT_TRUE(store.has_value()) << store.error().ToString();
  EXPECT_FALSE(fs::exists(File("sealed_key")));
  EXPECT_THAT(OpenStore(), FailsWith("ledger.locked"));
  WriteNewLedger(std::move(*store));
  EXPECT_EQ(Opened(2), "2");
  EXPECT_EQ(warnings_.size(), 0U);
  EXPECT_EQ(ReadFile(File("old/sealed_key")), ToBytes("old key"));
  EXPECT_THAT(Replace(), FailsWith("ledger.unreadable"));
  EXPECT_EQ(Opened(2), "2");
  // The old one is whole, its witness included.
  fs::rename(File("old"), dir_ / "aside");
  Restore(dir_ / "aside");
  EXPECT_EQ(Opened(), "5");
  EXPECT_EQ(warnings_.size(), 0U);
}

TEST_F(ReplacementTest, Promise2AnEndBeforeTheNewLedgerIsDurableBringsTheOldOneBack) {
  ASSERT_OK(Replace());
  ExpectOldInPlace();
  ASSERT_OK(Replace());
  WriteFile(File("sealed_key"), AsBytes("new key"));
  ExpectOldInPlace();
}

TEST_F(ReplacementTest, Promise2AKillAtAnyStepLeavesTheOldLedger) {
  ASSERT_OK(Replace());
  const int all = steps_;
  EXPECT_GT(all, 8);
  for (int at = 0; at < all; ++at) {
    SCOPED_TRACE(at);
    Restore(dir_ / "before");
    EXPECT_FALSE(Replace(at).has_value());
    ExpectOldInPlace();
  }
}

// The same for a kill while the old ledger is brought back, from every place where the first may have happened.
TEST_F(ReplacementTest, Promise2AKillWhileItIsBroughtBackToo) {
  ASSERT_OK(Replace());
  const int all = steps_;
  int second = 0;
  for (int at = 0; at <= all; ++at) {
    for (int again = 0;; ++again, ++second) {
      SCOPED_TRACE(std::to_string(at) + ", then " + std::to_string(again));
      Restore(dir_ / "before");
      {
        const auto replaced = Replace(at == all ? -1 : at);
      }
      if (at == all) WriteFile(File("sealed_key"), AsBytes("new key"));
      const bool whole = SqliteStore::Open(Path(), FailingAt(again)).has_value();
      ExpectOldInPlace();
      if (whole) break;
    }
  }
  EXPECT_GT(second, 50);
}

// A power cut may keep any of the renames that were not synced yet and lose the others.
TEST_F(ReplacementTest, Promise2AnyPartOfTheMovesMayBeLost) {
  const std::vector<std::string> names{"sealed_key", "tail", "ledger.db"};
  for (unsigned kept = 0; kept < 8; ++kept) {
    SCOPED_TRACE(kept);
    Restore(dir_ / "before");
    {
      const auto replaced = Replace(5);
    }
    ASSERT_TRUE(fs::exists(File("replacing")));
    fs::create_directory(File("old"));
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool moved = fs::exists(File("old/" + names[i]));
      const bool wanted = (kept >> i & 1U) != 0;
      if (moved && !wanted) fs::rename(File("old/" + names[i]), File(names[i]));
      if (!moved && wanted) fs::rename(File(names[i]), File("old/" + names[i]));
    }
    ExpectOldInPlace();
  }
}

// SQLite begins a database with a journal that says "there was nothing"; a kill there leaves it beside an empty file.
TEST_F(ReplacementTest, Promise2TheJournalOfTheNewDatabaseDoesNotEmptyTheOldOne) {
  // As SQLite writes it: magic, no records counted, nonce, 0 pages before, sector size, page size.
  Bytes journal = *HexDecode(
      "d9d505f920a163d700000000123456780000000000000200"
      "00001000");
  journal.resize(512);
  ASSERT_OK(Replace());
  WriteFile(File("ledger.db"), {});
  fs::remove(File("ledger.db-wal"));
  WriteFile(File("ledger.db-journal"), journal);
  ExpectOldInPlace();
  EXPECT_FALSE(fs::exists(File("ledger.db-journal")));
}

TEST_F(ReplacementTest, OnceDurableTheNewLedgerStays) {
  for (int at = 0;; ++at) {
    SCOPED_TRACE(at);
    Restore(dir_ / "before");
    int until = -1;
    int steps = 0;
    SqliteStore::Options options;
    options.fault = [&](std::string_view) { return until >= 0 && steps++ >= until ? EIO : 0; };
    auto store = SqliteStore::Replace(Path(), "old", kOthers, std::move(options));
    ASSERT_TRUE(store.has_value()) << store.error().ToString();
    until = at;
    WriteNewLedger(std::move(*store));
    const bool failed = steps > at;
    // Whether or not the record could be removed.
    EXPECT_EQ(Opened(2), "2");
    EXPECT_FALSE(fs::exists(File("replacing")));
    EXPECT_EQ(ReadFile(File("sealed_key")), ToBytes("new key"));
    EXPECT_TRUE(fs::exists(File("old/ledger.db")));
    if (!failed) break;
    ASSERT_LT(at, 5);
  }
}

TEST_F(ReplacementTest, ALedgerThatIsNowhereIsNotTakenForAFreshDirectory) {
  ASSERT_OK(Replace());
  fs::rename(File("old"), dir_ / "taken");
  EXPECT_THAT(OpenStore(), FailsWith("ledger.corrupt"));
  fs::remove(File("ledger.db"));
  fs::remove(File("ledger.db-wal"));
  EXPECT_THAT(OpenStore(), FailsWith("ledger.corrupt"));
  fs::rename(dir_ / "taken", File("old"));
  ExpectOldInPlace();
}

TEST_F(ReplacementTest, ADamagedRecordIsRefused) {
  ASSERT_OK(Replace());
  const Bytes good = ReadFile(File("replacing"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad.resize(at);
    WriteFile(File("replacing"), bad);
    EXPECT_THAT(OpenStore(), FailsWith("ledger.corrupt")) << at;
  }
  Bytes longer = good;
  longer.push_back(0);
  for (const Bytes& bad : {longer, Bytes(1U << 20U), Bytes(good.size(), 0xFF)}) {
    WriteFile(File("replacing"), bad);
    EXPECT_THAT(OpenStore(), FailsWith("ledger.corrupt"));
  }
  WriteFile(File("replacing"), good);
  ExpectOldInPlace();
}

TEST_F(ReplacementTest, NamesThatLeadElsewhereAreRefused) {
  for (const char* name : {"", ".", "..", "a/b", "/tmp", ".hidden"}) {
    EXPECT_THAT(SqliteStore::Replace(Path(), name, kOthers, {}), FailsWith("ledger.backup_name")) << name;
    const std::vector<std::string> others{name};
    EXPECT_THAT(SqliteStore::Replace(Path(), "old", others, {}), FailsWith("ledger.backup_name")) << name;
  }
  ExpectOldInPlace();
}

}  // namespace
}  // namespace steelie::ledger::testing
