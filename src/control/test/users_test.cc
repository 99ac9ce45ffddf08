#include <gtest/gtest.h>

#include <thread>

#include "control/testing/users_test.h"

// Users and updates through the use cases.
namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::json;
using testing::MakeMarble;
using testing::UsersTest;

TEST_F(UsersTest, AllUpdatersMustAgree) {
  ASSERT_OK(Set(Make()));
  const std::string next = Make([](json& m) { m["Marbles"]["extra"]["Package"] = "app"; });
  ASSERT_OK_AND_ASSIGN(const UpdateResult submitted, Submit("alice", next));
  EXPECT_EQ(submitted.missing_acknowledgments, 2U);
  EXPECT_EQ(submitted.missing_users, (std::vector<std::string>{"bob", "carol"}));
  EXPECT_THAT(Submit("bob", next), FailsWith("update.pending"));
  EXPECT_THAT(Acknowledge("dave", next), FailsWith("user.forbidden"));
  EXPECT_THAT(Acknowledge("bob", next + " "), FailsWith("update.mismatch"));
  EXPECT_EQ(Acknowledge("alice", next)->missing_acknowledgments, 2U);  // counted already
  EXPECT_EQ(Acknowledge("bob", next)->missing_acknowledgments, 1U);
  Restart();
  EXPECT_THAT(Activate("extra"), FailsWith("activate.unknown_type"));
  EXPECT_EQ(coordinator_->GetPendingUpdate()->missing_users, (std::vector<std::string>{"carol"}));
  const Bytes root = coordinator_->ClientApiIdentity()->certificate.der();
  const Bytes marble_root = coordinator_->MarbleApiIdentity()->certificate.der();
  EXPECT_EQ(Acknowledge("carol", next)->missing_acknowledgments, 0U);
  EXPECT_OK(Activate("extra"));
  EXPECT_EQ(coordinator_->ClientApiIdentity()->certificate.der(), root);
  EXPECT_NE(coordinator_->MarbleApiIdentity()->certificate.der(), marble_root);
  EXPECT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
  EXPECT_EQ(ToText(coordinator_->GetManifest()->manifest), next);
}

TEST_F(UsersTest, AThresholdSuffices) {
  ASSERT_OK(Set(Make([](json& m) { m["Config"]["UpdateThreshold"] = 2; })));
  const std::string next = Make();
  EXPECT_EQ(Submit("alice", next)->missing_acknowledgments, 1U);
  EXPECT_EQ(Acknowledge("carol", next)->missing_acknowledgments, 0U);
  EXPECT_EQ(ToText(coordinator_->GetManifest()->manifest), next);
}

TEST_F(UsersTest, TwoAcknowledgementsAtTheSameInstantBothCount) {
  ASSERT_OK(Set(Make()));
  const std::string next = Make([](json& m) { m["Marbles"]["extra"]["Package"] = "app"; });
  ASSERT_OK(Submit("alice", next));
  {
    std::jthread bob([&] { EXPECT_OK(Acknowledge("bob", next)); });
    std::jthread carol([&] { EXPECT_OK(Acknowledge("carol", next)); });
  }
  EXPECT_OK(Activate("extra"));
}

TEST_F(UsersTest, CancelNeedsTheRight) {
  ASSERT_OK(Set(Make()));
  EXPECT_THAT(coordinator_->CancelUpdate(users_["alice"]), FailsWith("update.none"));
  EXPECT_THAT(coordinator_->CancelUpdate(users_["dave"]), FailsWith("user.forbidden"));
  ASSERT_OK(Submit("alice", Make([](json& m) { m["Marbles"]["extra"]["Package"] = "app"; })));
  EXPECT_OK(coordinator_->CancelUpdate(users_["bob"]));
  EXPECT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
}

TEST_F(UsersTest, AnUpdateThatCannotBeAppliedIsDropped) {
  ASSERT_OK(Set(Make([](json& m) { m["Config"]["UpdateThreshold"] = 2; })));
  const std::string bad =
      Make([](json& m) { m["Marbles"]["m"]["Parameters"]["Env"]["S"] = "{{ hex .Secrets.nope }}"; });
  ASSERT_OK(Submit("alice", bad));
  EXPECT_THAT(Acknowledge("bob", bad), FailsWith("template.exec"));
  EXPECT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
  EXPECT_OK(Activate("m"));
}

TEST_F(UsersTest, KeysStayUnlessTheRootSecretIsRotated) {
  ASSERT_OK(Set(Make([](json& m) { m["Config"]["UpdateThreshold"] = 1; })));
  ASSERT_OK(Activate("limited"));
  const std::string shared = Env("m", "S"), own = Env("m", "O");
  ASSERT_OK(Submit("alice", Make([](json& m) {
                     m["Config"]["UpdateThreshold"] = 1;
                     m["Marbles"]["extra"]["Package"] = "app";
                   })));
  EXPECT_EQ(Env("m", "S"), shared);
  EXPECT_EQ(Env("m", "O"), own);
  ASSERT_OK(Submit("alice", Make([](json& m) {
                     m["Config"]["UpdateThreshold"] = 1;
                     m["Config"]["RotateRootSecret"] = true;
                   })));
  Restart();
  EXPECT_NE(Env("m", "S"), shared);
  EXPECT_NE(Env("m", "O"), own);
  EXPECT_EQ(Env("m", "P"), shared);
  EXPECT_EQ(Env("m", "Q"), own);
  // Activation counts survive every update.
  EXPECT_OK(Activate("limited"));
  EXPECT_THAT(Activate("limited"), FailsWith("activate.limit"));
}

TEST_F(UsersTest, AnUpdateKeepsWhetherTheStateIsKept) {
  const auto with_mode = [&](const char* mode) {
    return Make([&](json& m) {
      m["Config"]["UpdateThreshold"] = 1;
      m["Config"]["SealMode"] = mode;
    });
  };
  ASSERT_OK(Set(with_mode("ProductKey")));
  EXPECT_THAT(Submit("alice", with_mode("Disabled")), FailsWith("update.seal_mode"));
  const std::string key = Env("m", "S");
  ASSERT_OK(Submit("alice", with_mode("UniqueKey")));
  Restart();
  Restart();
  EXPECT_EQ(Env("m", "S"), key);
}

TEST_F(UsersTest, Promise1NoSecretWithoutARole) {
  ASSERT_OK(Set(Make()));
  EXPECT_THAT(coordinator_->ReadSecrets(users_["alice"], {"shared"}), FailsWith("user.forbidden"));
  EXPECT_THAT(coordinator_->ReadSecrets(users_["dave"], {"p"}), FailsWith("user.forbidden"));
  EXPECT_THAT(coordinator_->ReadSecrets(MakeMarble().caller, {"p"}), FailsWith("user.unauthorized"));
  EXPECT_THAT(coordinator_->ReadSecrets({}, {"p"}), FailsWith("user.unauthorized"));
}

}  // namespace
}  // namespace steelie::control
