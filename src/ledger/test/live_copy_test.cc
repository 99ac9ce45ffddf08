#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "base/testing/result_matchers.h"
#include "ledger/sqlite/read_only_store.h"
#include "ledger/survey.h"
#include "ledger/test/sqlite_fixture.h"

// Copies of a ledger that is being written to.
namespace steelie::ledger::testing {
namespace {

using steelie::testing::FailsWith;

class LiveCopy : public Sqlite {
 protected:
  // About 500 pages, so that the copy comes in several pieces.
  void SetUp() override {
    store_ = *OpenStore();
    ledger_ = *Ledger::Create(store_, HeaderOf(1), KeyOf(1), random_, Events({"1"}));
    for (int i = 0; i < 20; ++i) Append(*ledger_, std::string(100'000, 'x'));
  }

  Survey SurveyOf(const std::string& path) {
    auto store = ReadOnlyStore::Open(path);
    EXPECT_TRUE(store.has_value()) << store.error().ToString();
    return SurveyLedger(**store);
  }

  // Opens the copy as a ledger; the number of its last entry, or the failure.
  std::string OpenedCopy(std::uint8_t key) {
    ledger_.reset();
    store_.reset();
    for (const char* name : {"ledger.db", "ledger.db-wal", "tail"}) fs::remove(File(name));
    fs::copy_file(Copy(), File("ledger.db"));
    return Opened(key);
  }

  std::string Copy() const { return dir_ / "copy.db"; }

  std::shared_ptr<SqliteStore> store_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LiveCopy, HoldsWhatIsWrittenMeanwhile) {
  int pieces = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) -> Status {
    EXPECT_LE(done, total);
    if (++pieces <= 3) Append(*ledger_, "meanwhile");
    return Ok();
  };
  ASSERT_OK(store_->Backup(Copy(), progress));
  EXPECT_GT(pieces, 3);
  const Survey survey = SurveyOf(Copy());
  EXPECT_FALSE(survey.damage) << survey.damage->error.ToString();
  EXPECT_EQ(survey.last_sequence, 24U);
  EXPECT_EQ(survey.entries, 24U);
  EXPECT_EQ(OpenedCopy(1), "24");
}

// Pages that were copied already change under it: all of them, by the deletion of all entries.
TEST_F(LiveCopy, IsOfOneEpochThoughTheEpochChangesMeanwhile) {
  int pieces = 0;
  const auto progress = [&](std::uint64_t, std::uint64_t) -> Status {
    if (++pieces == 2) {
      Header next = HeaderOf(1);
      next.key_epoch = 2;
      EXPECT_OK(ledger_->StartEpoch(ledger_->tail(), next, KeyOf(2), Bytes(2'000'000, 7)));
      Append(*ledger_, "after");
    }
    return Ok();
  };
  ASSERT_OK(store_->Backup(Copy(), progress));
  const Survey survey = SurveyOf(Copy());
  EXPECT_FALSE(survey.damage) << survey.damage->error.ToString();
  EXPECT_EQ(survey.header->key_epoch, 2U);
  EXPECT_EQ(OpenedCopy(2), "22");
}

TEST_F(LiveCopy, HoldsWhatWasWrittenBeforeUnderLoad) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> acknowledged = 0;
  std::jthread writer([&] {
    while (!stop) {
      Append(*ledger_, std::string(3000, 'y'));
      acknowledged = ledger_->tail().sequence;
    }
  });
  while (acknowledged == 0) std::this_thread::yield();
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t before = acknowledged;
    const std::string path = Copy() + std::to_string(round);
    ASSERT_OK(store_->Backup(path));
    const Survey survey = SurveyOf(path);
    EXPECT_FALSE(survey.damage) << survey.damage->error.ToString() << survey.damage->place;
    EXPECT_GE(survey.last_sequence, before);
  }
  stop = true;
}

TEST_F(LiveCopy, LeavesNothingWhenItIsEnded) {
  const auto progress = [](std::uint64_t, std::uint64_t) -> Status {
    return Error(Code::kCancelled, "test.cancelled", "enough");
  };
  EXPECT_THAT(store_->Backup(Copy(), progress), FailsWith("test.cancelled"));
  EXPECT_FALSE(fs::exists(Copy()));
  Append(*ledger_, "the ledger goes on");
}

}  // namespace
}  // namespace steelie::ledger::testing
