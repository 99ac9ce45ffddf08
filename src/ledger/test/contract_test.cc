// What every ledger promises, whatever it is stored in, and every store to the ledger.

#include <gtest/gtest.h>

#include "ledger/format.h"
#include "ledger/test/harness.h"

namespace steelie::ledger {
namespace {

using steelie::testing::FailsWith;
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

class Contract : public ::testing::TestWithParam<Kind> {
 protected:
  std::shared_ptr<Store> OpenStore() {
    auto store = harness_->Open();
    EXPECT_OK(store);
    return store ? *store : nullptr;
  }

  std::unique_ptr<Ledger> Create(const std::vector<std::string>& events = {"a"}) {
    auto ledger = Ledger::Create(OpenStore(), HeaderOf(1), KeyOf(1), random_, Events(events));
    EXPECT_TRUE(ledger.has_value()) << ledger.error().ToString();
    return ledger ? std::move(*ledger) : nullptr;
  }

  Result<std::unique_ptr<Ledger>> Open(std::uint8_t key = 1) {
    STEELIE_TRY(auto store, harness_->Open());
    return Ledger::Open(std::move(store), KeyOf(key), random_, folded_.replay());
  }

  // What the stored ledger folds to, or why it does not open.
  std::string Fold(std::uint8_t key = 1) {
    const auto ledger = Open(key);
    return ledger ? folded_.text : ledger.error().reason();
  }

  void Append(Ledger& ledger, const std::vector<std::string>& events) {
    ASSERT_OK(ledger.Append(ledger.tail(), Events(events)));
  }

  std::unique_ptr<testing::Harness> harness_ = GetParam().make();
  InsecureSeededRandom random_{1};
  Folded folded_;
};

INSTANTIATE_TEST_SUITE_P(Stores, Contract,
                         ::testing::Values(Kind{"Memory", testing::MakeMemoryHarness},
                                           Kind{"Sqlite", testing::MakeSqliteHarness}),
                         [](const auto& param) { return param.param.name; });

TEST_P(Contract, AnUnusedStoreIsNone) {
  EXPECT_EQ(Fold(), "ledger.none");
  EXPECT_THAT(Ledger::ReadHeader(*OpenStore()), FailsWith("ledger.none"));
  EXPECT_THAT(Ledger::KeyFits(*OpenStore(), KeyOf(1)), FailsWith("ledger.none"));
}

TEST_P(Contract, ReplaysWhatWasAppended) {
  {
    auto ledger = Create({"a", "b"});
    EXPECT_EQ(ledger->tail().sequence, 2U);
    Append(*ledger, {"c"});
    Append(*ledger, {"d", "e", ""});
    EXPECT_EQ(ledger->tail().sequence, 6U);
    EXPECT_EQ(ledger->entries_since_snapshot(), 6U);
  }
  ASSERT_OK_AND_ASSIGN(auto ledger, Open());
  EXPECT_EQ(folded_.text, "1=a,2=b,3=c,4=d,5=e,6=");
  EXPECT_EQ(ledger->tail().sequence, 6U);
  EXPECT_EQ(ledger->header(), HeaderOf(1));
  Append(*ledger, {"f"});
  ledger.reset();
  EXPECT_EQ(Fold(), "1=a,2=b,3=c,4=d,5=e,6=,7=f");
}

TEST_P(Contract, TheTailAfterReopeningIsTheOneBefore) {
  const Tail tail = Create({"a", "b"})->tail();
  ASSERT_OK_AND_ASSIGN(const auto ledger, Open());
  EXPECT_EQ(ledger->tail(), tail);
}

TEST_P(Contract, CreatesOnlyWhereNothingIs) {
  Create();
  EXPECT_THAT(Ledger::Create(OpenStore(), HeaderOf(2), KeyOf(2), random_, Events({"x"})), FailsWith("ledger.exists"));
  EXPECT_EQ(Fold(), "1=a");
}

TEST_P(Contract, AWrongKeyIsToldFromDamage) {
  Create();
  EXPECT_EQ(Fold(2), "ledger.key");
  EXPECT_THAT(Ledger::Open(OpenStore(), LedgerKey(Bytes(16, 1)), random_, {}), FailsWith("ledger.key"));
  EXPECT_EQ(Ledger::KeyFits(*OpenStore(), KeyOf(1)), true);
  EXPECT_EQ(Ledger::KeyFits(*OpenStore(), KeyOf(2)), false);
  EXPECT_EQ(Ledger::ReadHeader(*OpenStore()), HeaderOf(1));
}

// Whatever is written changes it, also a history that begins anew with the same events; opening does not.
TEST_P(Contract, APositionNamesTheHistory) {
  Sha256Digest first{};
  Sha256Digest second{};
  {
    const auto store = OpenStore();
    EXPECT_THAT(Ledger::Position(*store), FailsWith("ledger.none"));
    ASSERT_OK_AND_ASSIGN(const auto ledger, Ledger::Create(store, HeaderOf(1), KeyOf(1), random_, Events({"a", "b"})));
    ASSERT_OK_AND_ASSIGN(first, Ledger::Position(*store));
    Append(*ledger, {"c"});
    ASSERT_OK_AND_ASSIGN(second, Ledger::Position(*store));
    EXPECT_NE(second, first);
  }
  ASSERT_OK(Open());
  const auto store = OpenStore();
  EXPECT_EQ(*Ledger::Position(*store), second);
  ASSERT_OK_AND_ASSIGN(const auto ledger, Ledger::Open(store, KeyOf(1), random_, folded_.replay()));
  ASSERT_OK(ledger->StartEpoch(ledger->tail(), HeaderOf(1, 2), KeyOf(2), AsBytes("abc")));
  // Only a snapshot is left.
  ASSERT_OK_AND_ASSIGN(const Sha256Digest third, Ledger::Position(*store));
  EXPECT_NE(third, second);
  ASSERT_OK(ledger->StartEpoch(ledger->tail(), HeaderOf(1, 3), KeyOf(3), AsBytes("abc")));
  EXPECT_NE(*Ledger::Position(*store), third);
}

TEST_P(Contract, AnOldTailConflicts) {
  auto ledger = Create();
  const Tail old = ledger->tail();
  Append(*ledger, {"b"});
  EXPECT_THAT(ledger->Append(old, Events({"x"})), FailsWith("ledger.conflict"));
  EXPECT_THAT(ledger->StartEpoch(old, HeaderOf(1, 2), KeyOf(2), {}), FailsWith("ledger.conflict"));
  Tail forged = ledger->tail();
  forged.hash[0] ^= 1;
  EXPECT_THAT(ledger->Append(forged, Events({"x"})), FailsWith("ledger.conflict"));
  EXPECT_EQ(ledger->Append(ledger->tail(), {}), ledger->tail());
}

TEST_P(Contract, ASecondWriterConflicts) {
  auto store = OpenStore();
  auto one = Ledger::Create(store, HeaderOf(1), KeyOf(1), random_, Events({"a"}));
  auto two = Ledger::Open(store, KeyOf(1), random_, {});
  Append(**one, {"b"});
  EXPECT_THAT((*two)->Append((*two)->tail(), Events({"x"})), FailsWith("ledger.conflict"));
}

TEST_P(Contract, StartsFromTheNewestSnapshot) {
  {
    auto ledger = Create({"a", "b"});
    const Tail earlier = ledger->tail();
    Append(*ledger, {"c", "d"});
    ASSERT_OK(ledger->WriteSnapshot(earlier, AsBytes("ab"), 0));
    EXPECT_EQ(ledger->entries_since_snapshot(), 2U);
  }
  EXPECT_EQ(Fold(), "[ab],3=c,4=d");
  {
    ASSERT_OK_AND_ASSIGN(auto ledger, Open());
    EXPECT_EQ(ledger->entries_since_snapshot(), 2U);
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("abcd"), 3));
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("again"), 100));
    EXPECT_EQ(ledger->entries_since_snapshot(), 0U);
  }
  EXPECT_EQ(Fold(), "[again]");
  ASSERT_OK_AND_ASSIGN(auto ledger, Open());
  Append(*ledger, {"e"});
  ledger.reset();
  EXPECT_EQ(Fold(), "[again],5=e");
}

TEST_P(Contract, DropsWhatTheSnapshotReplaces) {
  {
    auto ledger = Create({"a", "b", "c", "d"});
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("old"), 3));
    Append(*ledger, {"e"});
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("new"), 3));
  }
  harness_->Tamper([](Contents& contents) {
    EXPECT_EQ(contents.entries.begin()->first, 3U);
    EXPECT_EQ(contents.entries.size(), 3U);
    EXPECT_EQ(contents.snapshots.size(), 1U);
  });
  EXPECT_EQ(Fold(), "[new]");
}

TEST_P(Contract, ASnapshotMustBeOfThisHistory) {
  auto ledger = Create({"a", "b"});
  Tail forged = ledger->tail();
  Append(*ledger, {"c", "d"});
  const Tail third{3, {}};
  EXPECT_THAT(ledger->WriteSnapshot(third, AsBytes("x"), 0), FailsWith("ledger.snapshot"));
  EXPECT_THAT(ledger->WriteSnapshot({0, {}}, AsBytes("x"), 0), FailsWith("ledger.snapshot"));
  EXPECT_THAT(ledger->WriteSnapshot({9, {}}, AsBytes("x"), 0), FailsWith("ledger.snapshot"));
  ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("abcd"), 0));
  EXPECT_THAT(ledger->WriteSnapshot(forged, AsBytes("x"), 0), FailsWith("ledger.snapshot"));
}

TEST_P(Contract, RefusesWhatIsTooLarge) {
  auto ledger = Create();
  std::vector<SecretBuffer> events;
  events.emplace_back(kMaxEventSize + 1);
  EXPECT_THAT(ledger->Append(ledger->tail(), events), FailsWith("ledger.too_large"));
  ledger.reset();
  EXPECT_EQ(Fold(), "1=a");
}

TEST_P(Contract, LargeEventsComeBack) {
  const std::string large(3U << 20U, 'x');
  {
    Append(*Create(), {large, "b"});
  }
  EXPECT_EQ(Fold(), "1=a,2=" + large + ",3=b");
}

TEST_P(Contract, ANewEpochReplacesEverything) {
  {
    auto ledger = Create({"a", "b"});
    ASSERT_OK(ledger->WriteSnapshot(ledger->tail(), AsBytes("same place"), 0));
    ASSERT_OK(ledger->StartEpoch(ledger->tail(), HeaderOf(1, 2), KeyOf(2), AsBytes("ab")));
    EXPECT_EQ(ledger->header(), HeaderOf(1, 2));
    EXPECT_EQ(ledger->entries_since_snapshot(), 0U);
    Append(*ledger, {"c"});
  }
  EXPECT_EQ(Fold(1), "ledger.key");
  EXPECT_EQ(Fold(2), "[ab],3=c");
  EXPECT_EQ(Ledger::KeyFits(*OpenStore(), KeyOf(1)), false);
  EXPECT_EQ(Ledger::KeyFits(*OpenStore(), KeyOf(2)), true);
  harness_->Tamper([](Contents& contents) {
    EXPECT_EQ(contents.entries.size(), 1U);
    EXPECT_EQ(contents.snapshots.size(), 1U);
  });
}

TEST_P(Contract, AnEpochKeepsIdentityAndCountsUp) {
  auto ledger = Create();
  const auto start = [&](const Header& header) { return ledger->StartEpoch(ledger->tail(), header, KeyOf(2), {}); };
  EXPECT_THAT(start(HeaderOf(2, 2)), FailsWith("ledger.epoch"));
  EXPECT_THAT(start(HeaderOf(1, 1)), FailsWith("ledger.epoch"));
  EXPECT_THAT(start(HeaderOf(1, 3)), FailsWith("ledger.epoch"));
  Header simulation = HeaderOf(1, 2);
  simulation.simulation = true;
  EXPECT_THAT(start(simulation), FailsWith("ledger.epoch"));
}

TEST_P(Contract, PassesOnWhatTheCallbacksSay) {
  {
    Append(*Create(), {"b", "c"});
  }
  const Error refusal(Code::kInternal, "test.refusal", "no");
  int calls = 0;
  EXPECT_THAT(Ledger::Open(OpenStore(), KeyOf(1), random_,
                           {{},
                            [&](std::uint64_t sequence, ByteView) -> Status {
                              ++calls;
                              if (sequence == 2) return refusal;
                              return Ok();
                            }}),
              FailsWith("test.refusal"));
  EXPECT_EQ(calls, 2);
}

TEST_P(Contract, NoncesAreNeverDerivedFromTheSequence) {
  // The same history twice from the same point, as after a rollback by the host: nonces differ.
  auto ledger = Create();
  Contents before;
  ledger.reset();
  harness_->Tamper([&](Contents& contents) { before = contents; });
  std::vector<XaesNonce> nonces;
  for (int round = 0; round < 2; ++round) {
    harness_->Tamper([&](Contents& contents) { contents = before; });
    ASSERT_OK_AND_ASSIGN(auto again, Open());
    Append(*again, {"b"});
    again.reset();
    harness_->Tamper([&](Contents& contents) { nonces.push_back(DecodeRecordHeader(contents.entries[2])->nonce); });
  }
  EXPECT_NE(nonces[0], nonces[1]);
}

// ---- the store's own contract

TEST_P(Contract, StoresRefuseBatchesThatDoNotFit) {
  auto store = OpenStore();
  const auto entry = [](std::uint64_t n) { return StoredEntry{n, Bytes{1}}; };
  EXPECT_THAT(store->Write(0, {.header = {}, .entries = {entry(2)}, .snapshot = {}}), FailsWith("ledger.batch"));
  EXPECT_THAT(store->Write(0, {.header = {}, .entries = {entry(1), entry(3)}, .snapshot = {}}),
              FailsWith("ledger.batch"));
  EXPECT_THAT(store->Write(0, {.header = {}, .entries = {}, .snapshot = StoredSnapshot{1, {}}}),
              FailsWith("ledger.batch"));
  EXPECT_THAT(store->Write(0, {.header = {}, .entries = {entry(1)}, .snapshot = {}, .drop_entries_below = 1}),
              FailsWith("ledger.batch"));
  EXPECT_THAT(store->Write(1, {.header = {}, .entries = {entry(2)}, .snapshot = {}}), FailsWith("ledger.conflict"));
  ASSERT_OK(store->Write(0, {.header = {}, .entries = {entry(1), entry(2)}, .snapshot = {}}));
  EXPECT_THAT(store->Write(1, {.header = {}, .entries = {entry(2)}, .snapshot = {}}), FailsWith("ledger.conflict"));
  EXPECT_THAT(
      store->Write(2, {.header = {}, .entries = {}, .snapshot = StoredSnapshot{1, {}}, .drop_entries_below = 3}),
      FailsWith("ledger.batch"));
  EXPECT_EQ(store->LastSequence(), 2U);
}

TEST_P(Contract, StoresRememberTheLastNumberWhenItsEntryIsDropped) {
  auto store = OpenStore();
  ASSERT_OK(store->Write(0, {.header = Bytes{9}, .entries = {{1, {1}}, {2, {}}}, .snapshot = {}}));
  ASSERT_OK(store->Write(2, {.header = {},
                             .entries = {},
                             .snapshot = StoredSnapshot{2, Bytes{7}},
                             .drop_entries_below = 3,
                             .drop_snapshots_below = 2}));
  EXPECT_EQ(store->LastSequence(), 2U);
  store.reset();
  store = OpenStore();
  EXPECT_EQ(store->LastSequence(), 2U);
  EXPECT_EQ((*store->NewestSnapshot())->bytes, Bytes{7});
  ASSERT_OK(store->Write(2, {.header = {}, .entries = {{3, {3}}}, .snapshot = {}}));
  int visited = 0;
  ASSERT_OK(store->ReadEntries(1, [&](const StoredEntry& entry) {
    EXPECT_EQ(entry.sequence, 3U);
    ++visited;
    return Ok();
  }));
  EXPECT_EQ(visited, 1);
}

TEST_P(Contract, AVisitorMayCallTheStore) {
  auto store = OpenStore();
  ASSERT_OK(store->Write(0, {.header = Bytes{9}, .entries = {{1, {1}}, {2, {2}}}, .snapshot = {}}));
  ASSERT_OK(store->ReadEntries(1, [&](const StoredEntry& entry) {
    EXPECT_EQ(store->LastSequence(), 2U) << entry.sequence;
    return Ok();
  }));
}

}  // namespace
}  // namespace steelie::ledger
