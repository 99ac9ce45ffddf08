#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/journal.h"
#include "control/testing/coordinator_test.h"
#include "control/testing/ledger_events.h"
#include "control/vault.h"

// Users who act at the same instant, and updates that are interrupted or change who may do what.
namespace steelie::control {
namespace {

using nlohmann::json;
using steelie::testing::FailsWith;
using ::testing::ElementsAre;
using testing::MakeMarble;

constexpr int kRounds = 15;

class ContentionTest : public testing::CoordinatorTest {
 protected:
  using Change = std::function<void(json&)>;

  void SetUp() override {
    Start();
    for (const char* name : {"alice", "bob", "carol", "dave"}) users_[name] = MakeMarble().caller;
  }

  /// Alice, bob and carol may update, dave may write `p` and raise `app`.
  std::string Make(const Change& change = nullptr) {
    json m = json::parse(testing::Manifest(
        R"("m":{"Package":"app","Parameters":{"Env":{"P":"{{ string .Secrets.p }}"}}})",
        R"("p":{"Type":"plain","UserDefined":true},"k":{"Type":"symmetric-key","Size":128,"Shared":true})"));
    for (const auto& [name, caller] : users_) m["Users"][name]["Certificate"] = caller.leaf->ToPem();
    for (const char* name : {"alice", "bob", "carol"}) m["Users"][name]["Roles"] = {"updater"};
    m["Users"]["dave"]["Roles"] = {"writer", "raiser"};
    m["Roles"]["updater"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    m["Roles"]["writer"] = {{"ResourceType", "Secrets"}, {"ResourceNames", {"p"}}, {"Actions", {"WriteSecret"}}};
    m["Roles"]["raiser"] = {
        {"ResourceType", "Packages"}, {"ResourceNames", {"app"}}, {"Actions", {"UpdateSecurityVersion"}}};
    if (change) change(m);
    return m.dump();
  }
  static void Threshold(json& m, int threshold) { m["Config"]["UpdateThreshold"] = threshold; }
  /// As Make, told apart by a marble type.
  std::string Numbered(int n, int threshold = 0) {
    return Make([=](json& m) {
      if (threshold != 0) Threshold(m, threshold);
      m["Marbles"]["extra" + std::to_string(n)]["Package"] = "app";
    });
  }

  Result<UpdateResult> Submit(const char* user, const std::string& manifest) {
    return coordinator_->SubmitUpdate(users_[user], ToBytes(manifest));
  }
  Result<UpdateResult> Acknowledge(const char* user, const std::string& manifest) {
    return coordinator_->AcknowledgeUpdate(users_[user], ToBytes(manifest));
  }
  Status Cancel(const char* user) { return coordinator_->CancelUpdate(users_[user]); }
  Status WriteP() {
    NameMap<SecretUpload> uploads;
    uploads["p"].key = SecretBuffer(3, 'x');
    return coordinator_->WriteSecrets(users_["dave"], std::move(uploads));
  }
  std::string Current() const { return ToText(coordinator_->GetManifest()->manifest); }
  bool Pending() const { return coordinator_->GetPendingUpdate().has_value(); }

  /// How often the log says so.
  int Logged(std::string_view text) const {
    int count = 0;
    const auto log = coordinator_->GetUpdateLog();
    for (const std::string& line : *log) {
      if (json::parse(line)["update"].get<std::string>() == text) ++count;
    }
    return count;
  }

  /// Runs both at the same instant.
  static void AtOnce(const std::function<void()>& first, const std::function<void()>& second) {
    std::barrier start(2);
    const std::jthread other([&] {
      start.arrive_and_wait();
      second();
    });
    start.arrive_and_wait();
    first();
  }

  std::map<std::string, Caller> users_;
};

TEST_F(ContentionTest, ARequestLearnsOfItsOwnOutcomeNotOfTheBatchs) {
  ASSERT_OK(Set(Make()));
  Stop();
  Vault vault(folder_.path() / "seal", none_, true, random_, clock_, recorder_);
  ASSERT_OK_AND_ASSIGN(Opened opened, vault.Open());
  Journal journal(std::move(*opened.state), std::move(opened.ledger), clock_, recorder_, {});
  // The writer waits in the first decision until the two others are queued: they share a batch.
  std::promise<void> queued;
  const auto wait = [&](const State&) -> Result<std::vector<EventBody>> {
    queued.get_future().wait();
    return std::vector<EventBody>();
  };
  const auto submit = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (state.pending) return Error(Code::kFailedPrecondition, "update.pending", "");
    return Just(UpdateSubmitted{"alice", ToBytes("{}"), false, {"alice", "bob"}, 2});
  };
  const auto cancel = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (!state.pending) return Error(Code::kNotFound, "update.none", "");
    return Just(UpdateCancelled{"bob"});
  };
  std::atomic<int> begun = 0;
  const std::jthread first([&] { EXPECT_OK(journal.Commit(wait)); });
  std::vector<std::jthread> others;
  for (int i = 0; i < 20; ++i) {
    others.emplace_back([&, i] {
      ++begun;
      const auto after = journal.Commit(i % 2 == 0 ? Journal::Decide(submit) : Journal::Decide(cancel));
      if (after) {
        EXPECT_EQ((*after)->pending != nullptr, i % 2 == 0);
      }
    });
  }
  while (begun < 20) std::this_thread::yield();
  queued.set_value();
}

TEST_F(ContentionTest, OfTwoSubmissionsOneWaits) {
  ASSERT_OK(Set(Make()));
  for (int i = 0; i < kRounds; ++i) {
    Result<UpdateResult> a = UpdateResult{};
    Result<UpdateResult> b = UpdateResult{};
    AtOnce([&] { a = Submit("alice", Numbered(1)); }, [&] { b = Submit("bob", Numbered(2)); });
    ASSERT_NE(a.has_value(), b.has_value());
    EXPECT_THAT(a ? b : a, FailsWith("update.pending"));
    EXPECT_EQ((a ? a : b)->missing_acknowledgments, 2U);
    EXPECT_EQ(ToText(coordinator_->GetPendingUpdate()->manifest), a ? Numbered(1) : Numbered(2));
    ASSERT_OK(Cancel("carol"));
  }
}

TEST_F(ContentionTest, OfTwoUpdatesThatNeedNobodyElseOneComesAfterTheOther) {
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 1); })));
  for (int i = 0; i < kRounds; ++i) {
    AtOnce([&] { EXPECT_OK(Submit("alice", Numbered(1, 1))); }, [&] { EXPECT_OK(Submit("bob", Numbered(2, 1))); });
    EXPECT_EQ(Logged("Complete Manifest updated"), 2 * (i + 1));
    EXPECT_TRUE(Current() == Numbered(1, 1) || Current() == Numbered(2, 1));
  }
}

TEST_F(ContentionTest, OfTwoLastAcknowledgementsOneApplies) {
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 2); })));
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_OK(Submit("alice", Numbered(i, 2)));
    Result<UpdateResult> b = UpdateResult{};
    Result<UpdateResult> c = UpdateResult{};
    AtOnce([&] { b = Acknowledge("bob", Numbered(i, 2)); }, [&] { c = Acknowledge("carol", Numbered(i, 2)); });
    ASSERT_NE(b.has_value(), c.has_value());
    EXPECT_THAT(b ? c : b, FailsWith("update.none"));
    EXPECT_FALSE((b ? b : c)->missing_users.has_value());
    EXPECT_EQ(Current(), Numbered(i, 2));
    EXPECT_EQ(Logged("Complete Manifest updated"), i + 1);
  }
}

TEST_F(ContentionTest, TheLastAcknowledgementAndACancellationExcludeEachOther) {
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 2); })));
  int applied = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string before = Current();
    ASSERT_OK(Submit("alice", Numbered(i, 2)));
    Result<UpdateResult> acknowledged = UpdateResult{};
    Status cancelled = Ok();
    AtOnce([&] { acknowledged = Acknowledge("bob", Numbered(i, 2)); }, [&] { cancelled = Cancel("carol"); });
    ASSERT_NE(acknowledged.has_value(), cancelled.has_value());
    if (acknowledged) {
      ++applied;
      EXPECT_THAT(cancelled, FailsWith("update.none"));
    } else {
      EXPECT_THAT(acknowledged, FailsWith("update.none"));
    }
    EXPECT_EQ(Current(), acknowledged ? Numbered(i, 2) : before);
    EXPECT_FALSE(Pending());
    EXPECT_EQ(Logged("Complete Manifest updated"), applied);
    EXPECT_EQ(Logged("Complete Manifest update cancelled by user"), i + 1 - applied);
  }
}

TEST_F(ContentionTest, AnUploadIsBeforeOrAfterAnUpdate) {
  // The odd updates remove the secret, the even ones bring it back, without a value.
  const auto with = [&](bool secret) {
    return Make([=](json& m) {
      Threshold(m, 1);
      if (secret) return;
      m["Secrets"].erase("p");
      m["Marbles"]["m"].erase("Parameters");
      m["Roles"]["writer"] = {{"ResourceType", "Secrets"}, {"ResourceNames", {"k"}}, {"Actions", {"ReadSecret"}}};
    });
  };
  ASSERT_OK(Set(with(true)));
  for (int i = 0; i < kRounds; ++i) {
    Status written = Ok();
    AtOnce([&] { written = WriteP(); }, [&] { EXPECT_OK(Submit("alice", with(false))); });
    if (!written) {
      EXPECT_THAT(written, FailsWith("user.forbidden"));
    }
    EXPECT_EQ(Env("m", "P"), "(absent)");
    AtOnce([&] { written = WriteP(); }, [&] { EXPECT_OK(Submit("alice", with(true))); });
    const std::string value = Env("m", "P");
    if (written) {
      EXPECT_EQ(value, "xxx") << "it can only have come after the update";
    } else {
      EXPECT_THAT(written, FailsWith("user.forbidden"));
      EXPECT_NE(value, "xxx");
    }
  }
}

TEST_F(ContentionTest, PackageAndFullUpdateAtOnce) {
  ASSERT_OK(Set(Make()));
  for (int i = 0; i < kRounds; ++i) {
    const std::string raise = R"({"Packages":{"app":{"SecurityVersion":)" + std::to_string(10 + i) + "}}}";
    Result<UpdateResult> raised = UpdateResult{};
    AtOnce([&] { raised = Submit("dave", raise); }, [&] { EXPECT_OK(Submit("alice", Numbered(1))); });
    if (!raised) {
      EXPECT_THAT(raised, FailsWith("update.pending"));
    }
    EXPECT_TRUE(Pending());
    ASSERT_OK(Cancel("bob"));
  }
}

TEST_F(ContentionTest, ARestartAfterEveryStepLosesNothing) {
  ASSERT_OK(Set(Make()));
  const std::string next = Numbered(1);
  const std::string before = Current();
  ASSERT_OK(Submit("alice", next));
  Restart();
  EXPECT_THAT(coordinator_->GetPendingUpdate()->missing_users, ElementsAre("bob", "carol"));
  EXPECT_THAT(Submit("alice", next), FailsWith("update.pending"));
  EXPECT_EQ(Acknowledge("carol", next)->missing_acknowledgments, 1U);
  Restart();
  EXPECT_THAT(coordinator_->GetPendingUpdate()->missing_users, ElementsAre("bob"));
  EXPECT_EQ(Acknowledge("carol", next)->missing_acknowledgments, 1U) << "counted already";
  EXPECT_EQ(Current(), before);
  Restart();
  EXPECT_FALSE(Acknowledge("bob", next)->missing_users.has_value());
  Restart();
  EXPECT_EQ(Current(), next);
  EXPECT_FALSE(Pending());
  EXPECT_THAT(Acknowledge("bob", next), FailsWith("update.none"));
  EXPECT_EQ(Logged("Complete Manifest update acknowledged by user"), 3);
  EXPECT_EQ(Logged("Complete Manifest updated"), 1);
}

TEST_F(ContentionTest, AcknowledgementsEndWithACancellation) {
  ASSERT_OK(Set(Make()));
  const std::string next = Numbered(1);
  ASSERT_OK(Submit("alice", next));
  ASSERT_OK(Acknowledge("bob", next));
  ASSERT_OK(Cancel("bob"));
  Restart();
  EXPECT_THAT(Acknowledge("carol", next), FailsWith("update.none"));
  // The same bytes again, by another user: everybody agrees anew.
  EXPECT_EQ(Submit("carol", next)->missing_acknowledgments, 2U);
  EXPECT_THAT(coordinator_->GetPendingUpdate()->missing_users, ElementsAre("alice", "bob"));
  EXPECT_EQ(Acknowledge("bob", next)->missing_acknowledgments, 1U);
  EXPECT_EQ(Acknowledge("alice", next)->missing_acknowledgments, 0U);
  EXPECT_EQ(Current(), next);
}

TEST_F(ContentionTest, AnUpdateMayRemoveItsAuthor) {
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 1); })));
  ASSERT_OK(Submit("alice", Make([](json& m) {
                     Threshold(m, 1);
                     m["Users"].erase("alice");
                   })));
  EXPECT_THAT(Submit("alice", Make()), FailsWith("user.unauthorized"));
  EXPECT_THAT(Cancel("alice"), FailsWith("user.unauthorized"));
  EXPECT_THAT(coordinator_->ReadSecrets(users_["alice"], {"k"}), FailsWith("user.unauthorized"));
  EXPECT_OK(Submit("bob", Make([](json& m) { Threshold(m, 1); })));
  EXPECT_OK(coordinator_->RequireUser(users_["alice"]));
}

TEST_F(ContentionTest, AnUpdateCannotRemoveEverybodyWhoMightUndoIt) {
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 2); })));
  const std::string before = Current();
  EXPECT_THAT(Submit("alice", Make([](json& m) {
                       Threshold(m, 2);
                       m["Users"].erase("alice");
                       m["Users"].erase("bob");
                     })),
              FailsWith("manifest.config.update_threshold"));
  EXPECT_FALSE(Pending());
  EXPECT_EQ(Current(), before);
}

// Who may acknowledge is settled when the update is submitted, by the manifest in force then.
TEST_F(ContentionTest, RightsOfThePendingUpdateDoNotCountForIt) {
  ASSERT_OK(Set(Make()));
  const std::string next = Make([](json& m) {
    m["Users"]["carol"]["Roles"] = json::array();
    m["Users"]["dave"]["Roles"].push_back("updater");
  });
  ASSERT_OK(Submit("alice", next));
  EXPECT_THAT(Acknowledge("dave", next), FailsWith("user.forbidden")) << "gains the right";
  EXPECT_THAT(Cancel("dave"), FailsWith("user.forbidden"));
  EXPECT_OK(Acknowledge("bob", next));
  EXPECT_EQ(Acknowledge("carol", next)->missing_acknowledgments, 0U) << "loses it";
  EXPECT_THAT(Submit("carol", Make()), FailsWith("user.forbidden"));
  EXPECT_EQ(Submit("dave", Make())->missing_acknowledgments, 2U);
}

TEST_F(ContentionTest, AFailingUpdateChangesNothing) {
  const auto bad = [&](int threshold) {
    return Make([=](json& m) {
      Threshold(m, threshold);
      m["Marbles"]["m"]["Parameters"]["Env"]["P"] = "{{ hex .Secrets.nope }}";
    });
  };
  ASSERT_OK(Set(Make([](json& m) { Threshold(m, 1); })));
  const std::string before = Current();
  const Bytes marble_root = coordinator_->MarbleApiIdentity()->certificate.der();
  EXPECT_THAT(Submit("alice", bad(1)), FailsWith("template.exec"));
  EXPECT_FALSE(Pending());
  Restart();
  EXPECT_EQ(Current(), before);
  EXPECT_EQ(coordinator_->MarbleApiIdentity()->certificate.der(), marble_root);
  EXPECT_EQ(coordinator_->GetUpdateLog()->size(), 1U);
}

}  // namespace
}  // namespace steelie::control
