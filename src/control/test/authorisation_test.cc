#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "control/plan.h"
#include "control/testing/coordinator_test.h"
#include "control/testing/ledger_events.h"

// Every operation of users x every kind of user: who may, who may not, that refusals change nothing, and that the
// ledger holds every read and every refusal of a known user, and nothing of strangers.
namespace steelie::control {
namespace {

using nlohmann::json;
using steelie::testing::FailsWith;
using ::testing::ElementsAreArray;
using testing::MakeMarble;

constexpr const char* kUnauthorised = "user.unauthorized";
constexpr const char* kForbidden = "user.forbidden";

struct Operation {
  std::string name;
  std::string audit;  // how the ledger calls a refusal
  std::set<std::string> allowed;
  std::function<Status(const Caller&)> run;
  std::map<std::string, std::string> other =
      {};  // users who are refused for another reason, which is no refusal of theirs
};

Status Done(const auto& result) {
  STEELIE_CHECK_OK(result);
  return Ok();
}

class AuthorisationTest : public testing::CoordinatorTest {
 protected:
  void SetUp() override {
    Start();
    for (const char* name :
         {"norole", "reader", "split", "writer", "raiser", "raisers", "updater", "updater2", "removed"})
      users_[name] = MakeMarble().caller;
    ASSERT_OK(Set(Make([&](json& m) { Add(m, "removed", {"readA", "readB", "write", "raiseApp", "update"}); })));
    ASSERT_OK(
        coordinator_->SubmitUpdate(users_["removed"], ToBytes(Make([](json& m) { m["Config"] = json::object(); }))));
    for (const char* name : {"updater", "updater2"}) {
      ASSERT_OK(coordinator_->AcknowledgeUpdate(users_[name], coordinator_->GetPendingUpdate()->manifest));
    }
    ASSERT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
    callers_ = users_;
    callers_["nobody"] = {};
    callers_["stranger"] = MakeMarble().caller;
    callers_["marble"] = {*Certificate::FromPem(Env("m", "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"))};
  }

  void Add(json& m, const std::string& user, const std::vector<std::string>& roles) {
    m["Users"][user] = {{"Certificate", users_[user].leaf->ToPem()}, {"Roles", roles}};
  }
  std::string Make(const std::function<void(json&)>& change = nullptr) {
    json m = json::parse(testing::Manifest(
        R"("m":{"Package":"app"})",
        R"("a":{"Type":"symmetric-key","Size":128,"Shared":true},"b":{"Type":"plain","UserDefined":true},)"
        R"("c":{"Type":"symmetric-key","Size":128,"Shared":true},"q":{"Type":"plain","UserDefined":true})"));
    m["Packages"]["lib"] = m["Packages"]["app"];
    const auto role = [&](const char* name, const char* type, const json& names, const char* action) {
      m["Roles"][name] = {{"ResourceType", type}, {"Actions", {action}}};
      if (!names.empty()) m["Roles"][name]["ResourceNames"] = names;
    };
    role("readA", "Secrets", {"a"}, "ReadSecret");
    role("readB", "Secrets", {"b"}, "ReadSecret");
    role("write", "Secrets", {"b"}, "WriteSecret");
    role("raiseApp", "Packages", {"app"}, "UpdateSecurityVersion");
    role("raiseLib", "Packages", {"lib"}, "UpdateSecurityVersion");
    role("update", "Manifest", json::array(), "UpdateManifest");
    Add(m, "norole", {});
    Add(m, "reader", {"readA"});
    Add(m, "split", {"readA", "readB"});
    Add(m, "writer", {"write"});
    Add(m, "raiser", {"raiseApp"});
    Add(m, "raisers", {"raiseApp", "raiseLib"});
    Add(m, "updater", {"update"});
    Add(m, "updater2", {"update"});
    if (change) change(m);
    return m.dump();
  }

  Status Write(const Caller& caller, const std::vector<std::string>& names) {
    NameMap<SecretUpload> uploads;
    for (const std::string& name : names) uploads[name].key = SecretBuffer(3, 'x');
    return coordinator_->WriteSecrets(caller, std::move(uploads));
  }
  Status Raise(const Caller& caller, const std::vector<std::string>& packages) {
    return Done(coordinator_->SubmitUpdate(caller, ToBytes(Versions(packages))));
  }
  static std::string Versions(const std::vector<std::string>& packages) {
    json m;
    for (const std::string& name : packages) m["Packages"][name]["SecurityVersion"] = 2;
    return m.dump();
  }
  Operation Read(const std::vector<std::string>& names, std::set<std::string> allowed) {
    return {"read " + json(names).dump(), "read secrets", std::move(allowed),
            [this, names](const Caller& c) { return Done(coordinator_->ReadSecrets(c, names)); }};
  }

  std::vector<Operation> Operations() {
    const std::string next = Make([](json& m) { m["Marbles"]["n"]["Package"] = "app"; });
    // While it is pending no other update is looked at, so it is taken back at once.
    const auto submit = [this, next](const Caller& c) -> Status {
      STEELIE_CHECK_OK(coordinator_->SubmitUpdate(c, ToBytes(next)));
      return coordinator_->CancelUpdate(c);
    };
    const auto while_pending = [this, next](const std::function<Status(const Caller&)>& run) {
      return [this, next, run](const Caller& c) -> Status {
        STEELIE_CHECK_OK(coordinator_->SubmitUpdate(users_["updater"], ToBytes(next)));
        const Status status = run(c);
        if (coordinator_->GetPendingUpdate()) STEELIE_CHECK_OK(coordinator_->CancelUpdate(users_["updater"]));
        return status;
      };
    };
    const std::map<std::string, std::string> unknown = {{"writer", "secret.unknown"}};
    return {
        Read({"a"}, {"reader", "split"}),
        Read({"b"}, {"split"}),
        Read({"a", "b"}, {"split"}),
        Read({"a", "a"}, {"reader", "split"}),
        Read({"c"}, {}),
        Read({"missing"}, {}),
        Read({"a", "b", "missing"}, {}),
        {"write b", "write secret", {"writer"}, [this](const Caller& c) { return Write(c, {"b"}); }},
        {"write q", "write secret", {}, [this](const Caller& c) { return Write(c, {"q"}); }},
        {"write b and q", "write secret", {}, [this](const Caller& c) { return Write(c, {"b", "q"}); }},
        {"write missing", "write secret", {}, [this](const Caller& c) { return Write(c, {"missing"}); }, unknown},
        {"write b and missing",
         "write secret",
         {},
         [this](const Caller& c) { return Write(c, {"b", "missing"}); },
         unknown},
        {"raise app", "update packages", {"raiser", "raisers"}, [this](const Caller& c) { return Raise(c, {"app"}); }},
        {"raise app and lib",
         "update packages",
         {"raisers"},
         [this](const Caller& c) { return Raise(c, {"app", "lib"}); }},
        {"raise missing", "update packages", {}, [this](const Caller& c) { return Raise(c, {"missing"}); }},
        {"raise app and missing",
         "update packages",
         {},
         [this](const Caller& c) { return Raise(c, {"app", "missing"}); }},
        {"submit", "update manifest", {"updater", "updater2"}, submit},
        {"acknowledge", "acknowledge update", {"updater"}, while_pending([this, next](const Caller& c) {
           return Done(coordinator_->AcknowledgeUpdate(c, ToBytes(next)));
         })},
        {"large acknowledgement", "acknowledge update", {"updater", "updater2"}, while_pending([this](const Caller& c) {
           return coordinator_->RequireAcknowledger(c);
         })},
        {"cancel", "cancel update", {"updater", "updater2"}, while_pending([this](const Caller& c) {
           return coordinator_->CancelUpdate(c);
         })},
        {"cancel nothing",
         "cancel update",
         {},
         [this](const Caller& c) { return coordinator_->CancelUpdate(c); },
         {{"updater", "update.none"}, {"updater2", "update.none"}}},
        {"large update",
         "update manifest",
         {"raiser", "raisers", "updater", "updater2"},
         [this](const Caller& c) { return coordinator_->RequireUpdater(c); }},
        {"plan",
         "plan update",
         {"updater", "updater2"},
         [this, next](const Caller& c) { return Done(coordinator_->PlanUpdate(c, ToBytes(next))); }},
        {"plan packages",
         "plan update",
         {"raisers", "updater", "updater2"},
         [this](const Caller& c) { return Done(coordinator_->PlanUpdate(c, ToBytes(Versions({"app", "lib"})))); }},
        {"lower the floor of time",
         "lower time floor",
         {},
         [this](const Caller& c) {
           return Done(coordinator_->LowerTimeFloor(c, clock_.Now() + std::chrono::hours(1)));
         },
         {{"updater", "time.not_lower"}, {"updater2", "time.not_lower"}}},
    };
  }

  /// All that clients see.
  std::string Visible() const {
    std::string out = ToText(coordinator_->GetManifest()->manifest) + json(*coordinator_->GetUpdateLog()).dump();
    if (const auto pending = coordinator_->GetPendingUpdate()) out += "pending " + json(pending->missing_users).dump();
    out += HexEncode(coordinator_->MarbleApiIdentity()->certificate.der());
    const auto secrets = coordinator_->ReadSecrets(users_.at("split"), {"a", "b"});
    for (const auto& [name, secret] : *secrets) {
      secret.value->private_half.Reveal([&](ByteView bytes) { out += name + "=" + HexEncode(bytes) + ";"; });
    }
    return out;
  }

  std::map<std::string, Caller> users_, callers_;
};

TEST_F(AuthorisationTest, EveryOperationAndUser) {
  std::vector<std::string> refusals;
  for (const Operation& operation : Operations()) {
    for (const auto& [name, caller] : callers_) {
      SCOPED_TRACE(operation.name + " by " + name);
      const bool known = users_.contains(name) && name != "removed";
      const std::string before = Visible();
      const bool pends =
          operation.name == "acknowledge" || operation.name == "cancel" || operation.name == "large acknowledgement";
      const Status status = operation.run(caller);
      if (operation.allowed.contains(name)) {
        EXPECT_OK(status);
        continue;
      }
      // The last acknowledgement, too, is one that is allowed; it is looked at in other tests.
      if (operation.name == "acknowledge" && name == "updater2") {
        EXPECT_OK(status);
        continue;
      }
      const auto other = operation.other.find(name);
      const std::string expected = other != operation.other.end() ? other->second : known ? kForbidden : kUnauthorised;
      EXPECT_THAT(status, FailsWith(expected));
      if (expected == kForbidden) refusals.push_back(name + ": " + operation.audit);
      if (!pends) {
        EXPECT_EQ(Visible(), before);
      }
    }
  }
  EXPECT_GT(refusals.size(), 100U);
  Stop();
  ASSERT_OK_AND_ASSIGN(const std::vector<Event> events, testing::ReadLedger(folder_.path() / "seal", none_, random_));
  std::vector<std::string> recorded;
  std::map<std::string, int> reads;
  for (const Event& event : events) {
    if (const auto* refused = std::get_if<UserRefused>(&event.body))
      recorded.push_back(refused->user + ": " + refused->operation);
    if (const auto* read = std::get_if<SecretsRead>(&event.body)) ++reads[read->user + json(read->names).dump()];
  }
  EXPECT_THAT(recorded, ElementsAreArray(refusals));
  EXPECT_EQ(reads.size(), 4U);
  EXPECT_EQ(reads[R"(reader["a"])"], 2) << "a name that is asked for twice is recorded once";
  EXPECT_EQ(reads[R"(split["a"])"], 2);
  EXPECT_EQ(reads[R"(split["b"])"], 1);
  EXPECT_GT(reads[R"(split["a","b"])"], 100) << "the test's own";
}

TEST_F(AuthorisationTest, RefusalsOfUsersAreLoggedWithoutWhatTheySent) {
  ASSERT_THAT(Write(users_["reader"], {"b"}), FailsWith(kForbidden));
  const std::string log = recorder_.Text();
  EXPECT_NE(log.find("A user was refused user=reader operation=write secret"), std::string::npos) << log;
  EXPECT_EQ(log.find("xxx"), std::string::npos);
}

}  // namespace
}  // namespace steelie::control
