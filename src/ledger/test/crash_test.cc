// Every operation on the files of a change fails, or is the last before a power cut: afterwards there is the previous
// or the next state, and what was acknowledged is there.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "ledger/sqlite/sqlite_store.h"
#include "ledger/test/fault_vfs.h"
#include "ledger/test/harness.h"

namespace steelie::ledger {
namespace {

using steelie::testing::InsecureSeededRandom;
using testing::Events;
using testing::FaultVfs;
using testing::Folded;
using testing::HeaderOf;
using testing::KeyOf;

namespace fs = std::filesystem;

struct Case {
  std::string name;
  std::function<Status(Ledger&)> change;
  std::string before;
  std::string after;
  int log_writes = 0;  // so many appends before, left in the write-ahead log
  int log_pages = 1000;
};

std::string Numbers(int from, int to) {
  std::string out;
  for (int i = from; i <= to; ++i) out += (out.empty() ? "" : ",") + std::to_string(i) + "=e" + std::to_string(i);
  return out;
}

Status Appended(Ledger& ledger, const std::vector<std::string>& texts) {
  STEELIE_CHECK_OK(ledger.Append(ledger.tail(), Events(texts)));
  return Ok();
}

std::vector<Case> Cases() {
  return {
      {"Append", [](Ledger& l) { return Appended(l, {"e5"}); }, Numbers(1, 4), Numbers(1, 5)},
      {"Batch", [](Ledger& l) { return Appended(l, {"e5", "e6", "e7"}); }, Numbers(1, 4), Numbers(1, 7)},
      {"Large", [](Ledger& l) { return Appended(l, {std::string(50000, 'x')}); }, Numbers(1, 4),
       Numbers(1, 4) + ",5=" + std::string(50000, 'x')},
      {"AppendToLog", [](Ledger& l) { return Appended(l, {"e9"}); }, Numbers(1, 8), Numbers(1, 9), 4},
      // The log is moved into the database after the write before, and begins anew with this one.
      {"AppendToNewLog", [](Ledger& l) { return Appended(l, {"e7", "e8"}); }, Numbers(1, 6), Numbers(1, 8), 2, 2},
      {"Snapshot", [](Ledger& l) { return l.WriteSnapshot(l.tail(), Bytes(9000, 'S'), 3); }, Numbers(1, 4),
       "[" + std::string(9000, 'S') + "]"},
      {"Epoch", [](Ledger& l) { return l.StartEpoch(l.tail(), HeaderOf(1, 2), KeyOf(2), AsBytes("all")); },
       Numbers(1, 8), "[all]", 4},
  };
}

class Crash : public ::testing::TestWithParam<Case> {
 protected:
  Result<std::unique_ptr<Ledger>> Open(const std::string& vfs, std::uint8_t key = 1) {
    STEELIE_TRY(auto store, SqliteStore::Open(Path(), {.warn = {}, .log_pages = GetParam().log_pages, .vfs = vfs}));
    std::shared_ptr<Store> shared(std::move(store));
    auto ledger = Ledger::Open(shared, KeyOf(key), random_, folded_.replay());
    if (!ledger && ledger.error().reason() == "ledger.key" && key == 1) {
      return Ledger::Open(shared, KeyOf(2), random_, folded_.replay());
    }
    return ledger;
  }

  void Prepare() {
    fs::remove_all(Path());
    vfs_.Forget();
    auto store = SqliteStore::Open(Path(), {});
    ASSERT_TRUE(store.has_value()) << store.error().ToString();
    const auto ledger = Ledger::Create(std::move(*store), HeaderOf(1), KeyOf(1), random_, Events({"e1", "e2"}));
    ASSERT_TRUE(ledger.has_value());
    ASSERT_OK(Appended(**ledger, {"e3", "e4"}));
  }

  // Opens with the faulty file system and brings the log to the state the case wants.
  std::unique_ptr<Ledger> Begin() {
    Prepare();
    auto ledger = Open(FaultVfs::kName);
    EXPECT_TRUE(ledger.has_value()) << ledger.error().ToString();
    for (int i = 0; i < GetParam().log_writes; ++i) {
      EXPECT_OK(Appended(**ledger, {"e" + std::to_string(5 + i)}));
    }
    return std::move(*ledger);
  }

  // The state after opening again; checks that it is one of the two.
  std::string State(const std::string& vfs, const std::string& what) {
    const auto ledger = Open(vfs);
    if (!ledger) {
      ADD_FAILURE() << what << ": " << ledger.error().ToString();
      return "";
    }
    EXPECT_TRUE(folded_.text == GetParam().before || folded_.text == GetParam().after)
        << what << ": " << folded_.text.substr(0, 200);
    return folded_.text;
  }

  std::string Path() const { return dir_ / "seal"; }

  testing::TempDir dir_;
  FaultVfs vfs_;
  InsecureSeededRandom random_{1};
  Folded folded_;
};

INSTANTIATE_TEST_SUITE_P(Changes, Crash, ::testing::ValuesIn(Cases()),
                         [](const auto& param) { return param.param.name; });

TEST_P(Crash, AFailingOperationLeavesOneOfTheTwoStates) {
  std::set<std::string> reasons;
  for (const auto mode : {FaultVfs::Mode::kIoError, FaultVfs::Mode::kFull, FaultVfs::Mode::kStaysFull}) {
    for (int n = 1;; ++n) {
      ASSERT_LT(n, 1000);
      auto ledger = Begin();
      vfs_.Arm(mode, n);
      const Status changed = GetParam().change(*ledger);
      const bool hit = vfs_.hit();
      vfs_.Disarm();
      const std::string what = "mode " + std::to_string(static_cast<int>(mode)) + ", operation " + std::to_string(n);
      bool done = changed.has_value();
      if (!done) {
        reasons.insert(changed.error().reason());
        const Status again = GetParam().change(*ledger);
        if (changed.error().reason() == "ledger.full") {
          EXPECT_TRUE(again.has_value()) << what << ": " << (again ? "" : again.error().ToString());
          done = true;
        } else {
          EXPECT_EQ(changed.error().reason(), "ledger.io") << what;
          EXPECT_FALSE(again.has_value()) << what << ": writes again after " << changed.error().ToString();
        }
      }
      ledger.reset();
      const std::string state = State("", what);
      if (done) {
        EXPECT_EQ(state, GetParam().after) << what;
      }
      if (!hit) {
        EXPECT_TRUE(changed.has_value());
        break;
      }
    }
  }
  EXPECT_EQ(reasons, (std::set<std::string>{"ledger.full", "ledger.io"}));
}

TEST_P(Crash, APowerCutAtAnyOperationLeavesOneOfTheTwoStates) {
  for (const auto unsynced : FaultVfs::kUnsynced) {
    for (int n = 1;; ++n) {
      ASSERT_LT(n, 1000);
      auto ledger = Begin();
      vfs_.Arm(FaultVfs::Mode::kPowerCut, n);
      const Status changed = GetParam().change(*ledger);
      const bool hit = vfs_.hit();
      if (!hit) vfs_.Arm(FaultVfs::Mode::kPowerCut, 1);
      ledger.reset();
      vfs_.CutPower(unsynced);
      const std::string what =
          "operation " + std::to_string(n) + ", unsynced " + std::to_string(static_cast<int>(unsynced));
      // Twice: the first opening may itself have changed something.
      std::string state = State("", what);
      EXPECT_EQ(State("", what), state) << what;
      if (changed) {
        EXPECT_EQ(state, GetParam().after) << what;
      }
      if (!hit) break;
    }
  }
}

TEST_P(Crash, WhatAFailedSyncLostIsNotBuiltUpon) {
  // A sync fails, the process ends, and starts again over what the system's cache shows. Then changes are acknowledged,
  // and the power is cut: nothing acknowledged may be missing.
  for (const auto unsynced : FaultVfs::kUnsynced) {
    for (int n = 1;; ++n) {
      auto ledger = Begin();
      vfs_.Arm(FaultVfs::Mode::kIoError, n);
      const Status changed = GetParam().change(*ledger);
      const bool hit = vfs_.hit();
      // Killed: nothing is done any more when the store goes.
      vfs_.Arm(FaultVfs::Mode::kPowerCut, 1);
      ledger.reset();
      vfs_.Disarm();
      const std::string what = "operation " + std::to_string(n);
      auto again = Open(FaultVfs::kName);
      ASSERT_TRUE(again.has_value()) << what << ": " << again.error().ToString();
      ASSERT_OK(Appended(**again, {"acknowledged"}));
      vfs_.Arm(FaultVfs::Mode::kPowerCut, 1);
      again->reset();
      vfs_.CutPower(unsynced);
      const auto last = Open("");
      ASSERT_TRUE(last.has_value()) << what << ": " << last.error().ToString();
      EXPECT_TRUE(folded_.text.ends_with("=acknowledged")) << what << ": " << folded_.text.substr(0, 200);
      if (changed) {
        EXPECT_TRUE(folded_.text.starts_with(GetParam().after)) << what << ": " << folded_.text.substr(0, 200);
      }
      if (!hit) break;
    }
  }
}

TEST_P(Crash, APowerCutWhileStartingAfterAFailedSyncDoesNotMix) {
  // The cache shows a change whose sync failed; starting moves it into the database, and there the power is cut. On
  // disk the log lacks what the database has got half of.
  if (GetParam().name == "Large" || GetParam().name == "Batch") GTEST_SKIP() << "as Append, only longer";
  for (const auto unsynced : {FaultVfs::Unsynced::kAll, FaultVfs::Unsynced::kAllButLast}) {
    bool failed = true;
    for (int n = 1; failed; ++n) {
      bool cut = true;
      for (int m = 1; cut; ++m) {
        auto ledger = Begin();
        vfs_.Arm(FaultVfs::Mode::kIoError, n);
        const Status changed = GetParam().change(*ledger);
        failed = vfs_.hit();
        vfs_.Arm(FaultVfs::Mode::kPowerCut, 1);
        ledger.reset();
        vfs_.Arm(FaultVfs::Mode::kPowerCut, m);
        auto again = Open(FaultVfs::kName);
        cut = vfs_.hit();
        if (!cut) vfs_.Arm(FaultVfs::Mode::kPowerCut, 1);
        if (again) again->reset();
        vfs_.CutPower(unsynced);
        const std::string what = "operation " + std::to_string(n) + ", then " + std::to_string(m);
        const std::string state = State("", what);
        if (changed) {
          EXPECT_EQ(state, GetParam().after) << what;
        }
      }
    }
  }
}

TEST(CrashAtCreation, IsNeverWrittenOrThere) {
  testing::TempDir dir;
  FaultVfs vfs;
  InsecureSeededRandom random(1);
  const std::string path = dir / "seal";
  const auto create = [&](const std::string& name) -> Status {
    STEELIE_TRY(auto store, SqliteStore::Open(path, {.warn = {}, .log_pages = 1000, .vfs = name}));
    STEELIE_CHECK_OK(Ledger::Create(std::move(store), HeaderOf(1), KeyOf(1), random, Events({"e1"})));
    return Ok();
  };
  for (const auto mode : {FaultVfs::Mode::kIoError, FaultVfs::Mode::kFull, FaultVfs::Mode::kPowerCut}) {
    for (const auto unsynced : FaultVfs::kUnsynced) {
      for (int n = 1;; ++n) {
        ASSERT_LT(n, 1000);
        fs::remove_all(path);
        vfs.Forget();
        vfs.Arm(mode, n);
        const Status created = create(FaultVfs::kName);
        const bool hit = vfs.hit();
        if (mode == FaultVfs::Mode::kPowerCut) vfs.CutPower(unsynced);
        vfs.Disarm();
        const std::string what = std::to_string(static_cast<int>(mode)) + " at " + std::to_string(n);
        if (created) {
          // A failure to switch to the write-ahead log must not go unnoticed: the format version at offset 18 says.
          std::ifstream file(path + "/ledger.db", std::ios::binary);
          file.seekg(18);
          EXPECT_EQ(file.get(), 2) << what;
        }
        auto store = SqliteStore::Open(path, {});
        ASSERT_TRUE(store.has_value()) << what << ": " << store.error().ToString();
        const auto opened = Ledger::Open(std::move(*store), KeyOf(1), random, {});
        if (created || opened) {
          ASSERT_TRUE(opened.has_value()) << what << ": " << opened.error().ToString();
        } else {
          ASSERT_EQ(opened.error().reason(), "ledger.none") << what;
          ASSERT_OK(create(""));
        }
        if (!hit) break;
      }
      if (mode != FaultVfs::Mode::kPowerCut) break;
    }
  }
}

}  // namespace
}  // namespace steelie::ledger
