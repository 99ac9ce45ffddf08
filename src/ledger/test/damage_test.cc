// What a hostile or broken disk can do to a ledger: at most show an older whole state, or none.

#include <gtest/gtest.h>

#include "base/codec.h"
#include "ledger/format.h"
#include "ledger/test/harness.h"

namespace steelie::ledger {
namespace {

using steelie::testing::InsecureSeededRandom;
using testing::Contents;
using testing::Events;
using testing::Folded;
using testing::HeaderOf;
using testing::KeyOf;

struct Kind {
  std::string name;
  std::unique_ptr<testing::Harness> (*make)();
};

// Offsets of docs/formats/ledger.md.
struct Field {
  std::string name;
  std::size_t offset;
};
const std::vector<Field> kFields = {{"magic", 0},
                                    {"version", 4},
                                    {"kind", 5},
                                    {"ledger id", 6},
                                    {"sequence", 22},
                                    {"epoch", 30},
                                    {"previous", 34},
                                    {"nonce, first half", 66},
                                    {"nonce, second half", 80},
                                    {"ciphertext", 90}};

class Damage : public ::testing::TestWithParam<Kind> {
 protected:
  // A ledger a..e; with a snapshot of "ab" and all entries if `snapshot` is set.
  void Make(bool snapshot = false) {
    auto store = harness_->Open();
    ASSERT_OK(store);
    auto made = Ledger::Create(*store, HeaderOf(1), KeyOf(1), random_, Events({"a", "b"}));
    ASSERT_TRUE(made.has_value());
    if (snapshot) ASSERT_OK((*made)->WriteSnapshot((*made)->tail(), AsBytes("ab"), 0));
    ASSERT_OK((*made)->Append((*made)->tail(), Events({"c", "d"})));
    ASSERT_OK((*made)->Append((*made)->tail(), Events({"e"})));
  }

  // What the ledger folds to, or reason and message of the failure.
  std::string Fold() {
    auto store = harness_->Open();
    if (!store) return store.error().ToString();
    const auto ledger = Ledger::Open(*store, KeyOf(1), random_, folded_.replay());
    return ledger ? folded_.text : ledger.error().ToString();
  }

  std::string AfterChange(const std::function<void(Contents&)>& change) {
    harness_->Tamper(change);
    return Fold();
  }

  // The same after undoing the change before.
  std::string AfterOnly(const std::function<void(Contents&)>& change) {
    Contents before;
    harness_->Tamper([&](Contents& contents) {
      before = contents;
      change(contents);
    });
    std::string folded = Fold();
    harness_->Tamper([&](Contents& contents) { contents = before; });
    return folded;
  }

  std::unique_ptr<testing::Harness> harness_ = GetParam().make();
  InsecureSeededRandom random_{1};
  Folded folded_;
};

INSTANTIATE_TEST_SUITE_P(Stores, Damage,
                         ::testing::Values(Kind{"Memory", testing::MakeMemoryHarness},
                                           Kind{"Sqlite", testing::MakeSqliteHarness}),
                         [](const auto& param) { return param.param.name; });

TEST_P(Damage, NoChangeIsNoDamage) {
  Make(true);
  EXPECT_EQ(AfterOnly([](Contents&) {}), "[ab],3=c,4=d,5=e");
}

TEST_P(Damage, EveryFieldOfAnEntryIsProtected) {
  Make();
  for (const Field& field : kFields) {
    const std::string folded = AfterOnly([&](Contents& contents) { contents.entries[3][field.offset] ^= 0x10; });
    const std::string reason = field.name == "version" ? "ledger.version: entry 3" : "ledger.corrupt: entry 3";
    EXPECT_TRUE(folded.starts_with(reason)) << field.name << ": " << folded;
  }
  const std::string tag = AfterOnly([](Contents& contents) { contents.entries[3].back() ^= 1; });
  EXPECT_TRUE(tag.starts_with("ledger.corrupt: entry 3")) << tag;
  const std::string cut = AfterOnly([](Contents& contents) { contents.entries[3].pop_back(); });
  EXPECT_TRUE(cut.starts_with("ledger.corrupt: entry 3")) << cut;
  const std::string empty = AfterOnly([](Contents& contents) { contents.entries[3].clear(); });
  EXPECT_TRUE(empty.starts_with("ledger.corrupt: entry 3")) << empty;
}

TEST_P(Damage, EveryFieldOfASnapshotIsProtected) {
  Make(true);
  for (const Field& field : kFields) {
    const std::string folded = AfterOnly([&](Contents& contents) { contents.snapshots[2][field.offset] ^= 0x10; });
    const std::string reason = field.name == "version" ? "ledger.version: snapshot" : "ledger.corrupt: snapshot";
    EXPECT_TRUE(folded.starts_with(reason)) << field.name << ": " << folded;
  }
}

TEST_P(Damage, EveryByteOfTheHeaderIsProtected) {
  Make();
  Contents before;
  harness_->Tamper([&](Contents& contents) { before = contents; });
  for (std::size_t n = 0; n < before.header->size(); ++n) {
    const std::string folded = AfterOnly([&](Contents& contents) { (*contents.header)[n] ^= 0x20; });
    EXPECT_TRUE(folded.starts_with(n == 4 ? "ledger.version" : "ledger.corrupt")) << n << ": " << folded;
  }
}

TEST_P(Damage, AHeaderWithAMendedChecksumIsStillRefused) {
  Make();
  const auto reseal = [](Contents& contents, const std::function<void(Header&)>& change) {
    auto stored = DecodeHeader(*contents.header);
    change(stored->header);
    contents.header = EncodeHeader(stored->header, stored->key_check);
  };
  const auto after = [&](const std::function<void(Header&)>& change) {
    return AfterOnly([&](Contents& contents) { reseal(contents, change); });
  };
  // Bound to every entry by its hash.
  EXPECT_EQ(after([](Header& h) { h.simulation = true; }), "ledger.corrupt: entry 1: the record does not authenticate");
  EXPECT_EQ(after([](Header& h) { h.recovery = ToBytes("somebody else"); }),
            "ledger.corrupt: entry 1: the record does not authenticate");
  // The key check is bound to identifier and epoch.
  EXPECT_TRUE(after([](Header& h) { h.id[0] ^= 1; }).starts_with("ledger.key"));
  EXPECT_TRUE(after([](Header& h) { h.key_epoch = 2; }).starts_with("ledger.key"));
}

TEST_P(Damage, EntriesCannotBeSwappedDoubledOrLeftOut) {
  Make();
  EXPECT_TRUE(AfterOnly([](Contents& c) {
                std::swap(c.entries[2], c.entries[4]);
              }).starts_with("ledger.corrupt: entry 2: the record is in the place of another"));
  EXPECT_TRUE(AfterOnly([](Contents& c) {
                c.entries[3] = c.entries[2];
              }).starts_with("ledger.corrupt: entry 3: the record is in the place of another"));
  EXPECT_TRUE(AfterOnly([](Contents& c) {
                c.entries[6] = c.entries[5];
              }).starts_with("ledger.corrupt: entry 6: the record is in the place of another"));
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.erase(3); }), "ledger.corrupt: entry 3 is missing");
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.erase(1); }), "ledger.corrupt: entry 1 is missing");
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.clear(); }), "ledger.corrupt: entry 1 is missing");
}

TEST_P(Damage, AMissingSuffixIsAnOlderState) {
  // Where the witness of the length is gone too. With it: sqlite_store_test.cc.
  Make();
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.erase(5); }), "1=a,2=b,3=c,4=d");
}

TEST_P(Damage, WithoutHeaderNothingIsFresh) {
  Make();
  const std::string folded = AfterOnly([](Contents& c) { c.header.reset(); });
  EXPECT_TRUE(folded.starts_with("ledger.corrupt")) << folded;
}

TEST_P(Damage, PartsOfOtherLedgersAreRefused) {
  Make(true);
  Contents other;
  auto other_harness = GetParam().make();
  {
    auto store = other_harness->Open();
    auto ledger = Ledger::Create(*store, HeaderOf(2), KeyOf(1), random_, Events({"A", "B"}));
    ASSERT_OK((*ledger)->WriteSnapshot((*ledger)->tail(), AsBytes("AB"), 0));
    ASSERT_OK((*ledger)->Append((*ledger)->tail(), Events({"C", "D", "E"})));
  }
  other_harness->Tamper([&](Contents& contents) { other = contents; });
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.entries[3] = other.entries[3]; }),
            "ledger.corrupt: entry 3: the record belongs to another ledger");
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.snapshots[2] = other.snapshots[2]; }),
            "ledger.corrupt: snapshot of entry 2: the record belongs to another ledger");
  // Even under the same key.
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.header = other.header; }),
            "ledger.corrupt: snapshot of entry 2: the record belongs to another ledger");
}

TEST_P(Damage, OtherHistoriesOfTheSameLedgerDoNotMix) {
  // The host rolls back, lets the ledger write something else, and puts later entries of the first history behind it.
  Make();
  Contents first;
  harness_->Tamper([&](Contents& contents) {
    first = contents;
    contents.entries.erase(contents.entries.find(3), contents.entries.end());
  });
  {
    auto store = harness_->Open();
    auto ledger = Ledger::Open(*store, KeyOf(1), random_, {});
    ASSERT_OK((*ledger)->Append((*ledger)->tail(), Events({"C", "D"})));
  }
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.entries[5] = first.entries[5]; }),
            "ledger.corrupt: entry 5: the record does not follow the one before it");
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.entries[4] = first.entries[4]; }),
            "ledger.corrupt: entry 4: the record does not follow the one before it");
}

TEST_P(Damage, ASnapshotStandsForItsEntriesButNotForOthers) {
  Make(true);
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.erase(c.entries.begin(), c.entries.find(3)); }), "[ab],3=c,4=d,5=e");
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries.erase(c.entries.begin(), c.entries.find(4)); }),
            "ledger.corrupt: entry 3 is missing");
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries[2].back() ^= 1; }),
            "ledger.corrupt: entry 2 is not the one that the snapshot covers");
  // A snapshot moved to another place, and an entry in its place.
  EXPECT_TRUE(AfterOnly([](Contents& c) {
                c.snapshots[3] = c.snapshots[2];
              }).starts_with("ledger.corrupt: snapshot of entry 3: the record is in the place of another"));
  EXPECT_EQ(AfterOnly([](Contents& c) { c.snapshots[2] = c.entries[2]; }),
            "ledger.corrupt: snapshot of entry 2: the record is of another kind");
  EXPECT_EQ(AfterOnly([](Contents& c) { c.entries[3] = c.snapshots[2]; }),
            "ledger.corrupt: entry 3: the record is of another kind");
  // Without the snapshot the entries tell the same story, if they are all there.
  EXPECT_EQ(AfterOnly([](Contents& c) { c.snapshots.clear(); }), "1=a,2=b,3=c,4=d,5=e");
}

TEST_P(Damage, RecordsOfAnOldEpochAreRefused) {
  Make();
  Contents old;
  harness_->Tamper([&](Contents& contents) { old = contents; });
  {
    auto store = harness_->Open();
    auto ledger = Ledger::Open(*store, KeyOf(1), random_, {});
    // The same key again, so that only the epoch tells them apart.
    ASSERT_OK((*ledger)->StartEpoch((*ledger)->tail(), HeaderOf(1, 2), KeyOf(1), AsBytes("abcde")));
    ASSERT_OK((*ledger)->Append((*ledger)->tail(), Events({"f"})));
  }
  EXPECT_EQ(Fold(), "[abcde],6=f");
  EXPECT_EQ(AfterOnly([&](Contents& c) { c.snapshots.clear(); }), "ledger.corrupt: entry 1 is missing");
  const std::string folded = AfterOnly([&](Contents& c) {
    c.snapshots.clear();
    c.entries = old.entries;
  });
  EXPECT_EQ(folded, "ledger.corrupt: entry 1: the record is of another key epoch");
  EXPECT_TRUE(AfterOnly([&](Contents& c) { c.header = old.header; }).starts_with("ledger.corrupt: snapshot"));
}

}  // namespace
}  // namespace steelie::ledger
