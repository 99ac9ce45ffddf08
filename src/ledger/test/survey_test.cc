#include "ledger/survey.h"

#include <functional>

#include "base/testing/result_matchers.h"
#include "ledger/sqlite/connection.h"
#include "ledger/sqlite/read_only_store.h"
#include "ledger/test/sqlite_fixture.h"

// What can be seen without the key.
namespace steelie::ledger::testing {
namespace {

class SurveyTest : public Sqlite {
 protected:
  void SetUp() override { (void)Create(6); }

  void Change(const std::string& sql) {
    auto connection = *sqlite::Connection::Open(File("ledger.db"), "");
    ASSERT_OK(connection->Exec(sql));
    ASSERT_TRUE(connection->QueryText("PRAGMA wal_checkpoint(TRUNCATE)").has_value());
  }
  Survey Look() {
    auto store = ReadOnlyStore::Open(File("ledger.db"));
    EXPECT_TRUE(store.has_value()) << store.error().ToString();
    return SurveyLedger(**store);
  }
  // `reason at place`, or `sound`.
  std::string Verdict() {
    const Survey survey = Look();
    return survey.damage ? survey.damage->error.reason() + " at " + survey.damage->place : "sound";
  }
};

TEST_F(SurveyTest, SaysWhatIsThere) {
  const Survey survey = Look();
  EXPECT_EQ(Verdict(), "sound");
  EXPECT_EQ(survey.header->id, HeaderOf(1).id);
  EXPECT_EQ(survey.entries, 6U);
  EXPECT_EQ(survey.first_sequence, 1U);
  EXPECT_EQ(survey.last_sequence, 6U);
  EXPECT_EQ(survey.snapshot, 0U);
}

TEST_F(SurveyTest, UnderstandsSnapshotsWithAndWithoutEntriesBehindThem) {
  for (const std::uint64_t keep : {std::uint64_t{3}, std::uint64_t{100}}) {
    {
      auto ledger = *Ledger::Open(*OpenStore(), KeyOf(1), random_, folded_.replay());
      ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), Bytes(10, 1), keep));
    }
    EXPECT_EQ(Verdict(), "sound") << keep;
    EXPECT_EQ(Look().snapshot, 6U);
    EXPECT_EQ(Look().entries, keep == 3 ? 4U : 0U);
    EXPECT_EQ(Look().last_sequence, 6U);
  }
  {
    auto ledger = *Ledger::Open(*OpenStore(), KeyOf(1), random_, folded_.replay());
    Append(*ledger, "7");
  }
  EXPECT_EQ(Verdict(), "sound");
  Change("DELETE FROM entries WHERE sequence = 7; UPDATE snapshots SET sequence = 7");
  EXPECT_EQ(Verdict(), "ledger.corrupt at snapshot 7");
}

TEST_F(SurveyTest, NamesThePlaceOfDamage) {
  const std::string intact = dir_ / "intact";
  fs::copy(Path(), intact);
  const auto after = [&](const std::string& sql) {
    Restore(intact);
    Change(sql);
    return Verdict();
  };
  EXPECT_EQ(after("DELETE FROM entries WHERE sequence = 3"), "ledger.corrupt at entry 3");
  EXPECT_EQ(after("DELETE FROM entries WHERE sequence = 1"), "ledger.corrupt at entry 2");
  EXPECT_EQ(after("DELETE FROM entries"), "ledger.corrupt at entry 1");
  EXPECT_EQ(after("UPDATE entries SET bytes = x'00' WHERE sequence = 4"), "ledger.corrupt at entry 4");
  // A flipped bit in the ciphertext shows in the link of the next entry; in the last one only the key tells.
  EXPECT_EQ(after("UPDATE entries SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB) "
                  "WHERE sequence = 2"),
            "ledger.corrupt at entry 3");
  EXPECT_EQ(after("UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE sequence = 5) WHERE sequence = 2"),
            "ledger.corrupt at entry 2");
  EXPECT_EQ(after("UPDATE ledger SET header = x'00'"), "ledger.corrupt at header");
  EXPECT_EQ(after("UPDATE ledger SET header = NULL"), "ledger.corrupt at header");
  EXPECT_EQ(after("UPDATE ledger SET header = CAST(substr(header, 1, 4) || x'09' || substr(header, 6) AS BLOB)"),
            "ledger.version at header");
}

TEST_F(SurveyTest, ReadingChangesNothing) {
  const auto listing = [&] {
    std::string out;
    for (const auto& entry : fs::directory_iterator(Path())) {
      out += entry.path().filename().string() + " " + std::string(AsText(ReadFile(entry.path()))) + "\n";
    }
    return out;
  };
  const std::string before = listing();
  EXPECT_EQ(Verdict(), "sound");
  EXPECT_EQ(listing(), before);
}

}  // namespace
}  // namespace steelie::ledger::testing
