// Damage to the files of a seal directory, below SQL: an error with a reason, never an older state unnoticed, never a
// crash.

#include <set>

#include "ledger/sqlite/tail_file.h"
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
            "written. Restore a backup into a new folder with `steelie-coordinator restore`");
  // By hand, what a restore would do:
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

}  // namespace
}  // namespace steelie::ledger
