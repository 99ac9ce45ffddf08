#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "control/testing/coordinator_test.h"
#include "crypto/pem.h"

// Users, updates and recovery through the use cases.
namespace steelie::control {
namespace {

using nlohmann::json;
using steelie::testing::FailsWith;
using testing::CoordinatorTest;
using testing::MakeMarble;

class UsersTest : public CoordinatorTest {
 protected:
  void SetUp() override {
    Start();
    for (const char* name : {"alice", "bob", "carol", "dave"}) users_[name] = MakeMarble().caller;
  }

  /// A manifest as JSON in which alice, bob and carol may update; `change` adapts it.
  std::string Make(const std::function<void(json&)>& change = nullptr) {
    json m = json::parse(testing::Manifest(
        R"("m":{"Package":"app","Parameters":{"Env":{"S":"{{ hex .Secrets.shared }}","P":"{{ hex .Previous.Secrets.shared }}",)"
        R"("O":"{{ hex .Secrets.own }}","Q":"{{ hex .Previous.Secrets.own }}"}}},"limited":{"Package":"app","MaxActivations":2})",
        R"("shared":{"Type":"symmetric-key","Size":128,"Shared":true},"own":{"Type":"symmetric-key","Size":128},)"
        R"("p":{"Type":"plain","UserDefined":true})"));
    for (const auto& [name, caller] : users_) m["Users"][name]["Certificate"] = caller.leaf->ToPem();
    for (const char* name : {"alice", "bob", "carol"}) m["Users"][name]["Roles"] = {"updater"};
    m["Roles"]["updater"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    m["Roles"]["writer"] = {{"ResourceType", "Secrets"}, {"ResourceNames", {"p"}}, {"Actions", {"WriteSecret"}}};
    m["Users"]["dave"]["Roles"] = {"writer"};
    if (change) change(m);
    return m.dump();
  }
  Result<UpdateResult> Submit(const char* user, const std::string& manifest) {
    return coordinator_->SubmitUpdate(users_[user], ToBytes(manifest));
  }
  Result<UpdateResult> Acknowledge(const char* user, const std::string& manifest) {
    return coordinator_->AcknowledgeUpdate(users_[user], ToBytes(manifest));
  }

  std::map<std::string, Caller> users_;
};

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

class RecoveryTest : public UsersTest {
 protected:
  struct Holder {
    PrivateKey key;
    Bytes ciphertext;
  };
  std::string WithKeys(std::size_t count, std::uint64_t threshold) {
    return Make([&](json& m) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = "key" + std::to_string(i);
        if (!holders_.contains(name)) holders_.emplace(name, Holder{*PrivateKey::Generate(KeyKind::kRsa, 2048), {}});
        m["RecoveryKeys"][name] = PemEncode("PUBLIC KEY", holders_.at(name).key.public_key().spki());
      }
      m["Config"]["RecoveryThreshold"] = threshold;
      m["Config"]["UpdateThreshold"] = 1;
    });
  }
  void SetWithKeys(std::size_t count, std::uint64_t threshold) {
    auto result = coordinator_->SetManifest(ToBytes(WithKeys(count, threshold)));
    ASSERT_TRUE(result.has_value()) << result.error().ToString();
    Remember(result->recovery_secrets);
  }
  void Remember(const NameMap<Bytes>& secrets) {
    ASSERT_EQ(secrets.size(), holders_.size());
    for (const auto& [name, ciphertext] : secrets) holders_.at(name).ciphertext = ciphertext;
  }
  void LoseTheKey() {
    Stop();
    std::filesystem::remove(SealFile("sealed_key"));
    Start();
    ASSERT_EQ(coordinator_->phase(), Phase::kRecovery);
  }
  Result<std::size_t> Recover(const char* name, bool encrypted = false) {
    const Holder& holder = holders_.at(name);
    const SecretBuffer secret = *holder.key.RsaOaepDecrypt(holder.ciphertext);
    const Bytes signature = *holder.key.Sign(SignatureScheme::kRsaPkcs1Sha256, secret);
    if (!encrypted) return coordinator_->Recover(secret, signature);
    STEELIE_TRY(const Bytes spki, coordinator_->RecoveryPublicKey());
    return coordinator_->Recover(*PublicKey::FromSpki(spki)->RsaOaepEncrypt(secret), signature);
  }

  std::map<std::string, Holder> holders_;
};

TEST_F(RecoveryTest, SingleKey) {
  SetWithKeys(1, 0);
  const std::string key = Env("m", "O");
  const Bytes root = coordinator_->ClientApiIdentity()->certificate.der();
  LoseTheKey();
  EXPECT_NE(coordinator_->ClientApiIdentity()->certificate.der(), root);
  EXPECT_THAT(coordinator_->Recover(Bytes(32, 1), Bytes(256)), FailsWith("recovery.unknown"));
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_EQ(coordinator_->ClientApiIdentity()->certificate.der(), root);
  EXPECT_EQ(Env("m", "O"), key);
  Restart();
  EXPECT_EQ(Env("m", "O"), key);
}

TEST_F(RecoveryTest, AllOfThree) {
  SetWithKeys(3, 0);
  const std::string key = Env("m", "S");
  LoseTheKey();
  EXPECT_EQ(*Recover("key1"), 2U);
  EXPECT_THAT(Recover("key1"), FailsWith("recovery.repeated"));
  EXPECT_EQ(*Recover("key0", /*encrypted=*/true), 1U);
  EXPECT_EQ(*Recover("key2"), 0U);
  EXPECT_EQ(Env("m", "S"), key);
}

TEST_F(RecoveryTest, AnyTwoOfThree) {
  SetWithKeys(3, 2);
  const std::string key = Env("m", "S");
  LoseTheKey();
  EXPECT_EQ(*Recover("key2"), 2U);
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_EQ(Env("m", "S"), key);
  EXPECT_THAT(Recover("key1"), FailsWith("state.wrong"));
}

TEST_F(RecoveryTest, ASecretSignedBySomebodyElseIsRefusedAndDisturbsNothing) {
  SetWithKeys(2, 0);
  LoseTheKey();
  const Holder& holder = holders_.at("key0");
  const SecretBuffer secret = *holder.key.RsaOaepDecrypt(holder.ciphertext);
  const Bytes foreign = *holders_.at("key1").key.Sign(SignatureScheme::kRsaPkcs1Sha256, secret);
  EXPECT_THAT(coordinator_->Recover(secret, foreign), FailsWith("recovery.signature"));
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key1"), 0U);
}

TEST_F(RecoveryTest, ChangedRecoveryKeysBeginANewEpoch) {
  SetWithKeys(1, 0);
  const std::string key = Env("m", "S");
  const auto old = holders_.at("key0").ciphertext;
  holders_.emplace("key1", Holder{*PrivateKey::Generate(KeyKind::kRsa, 2048), {}});
  ASSERT_OK_AND_ASSIGN(const UpdateResult updated, Submit("alice", WithKeys(2, 0)));
  ASSERT_TRUE(updated.recovery_secrets.has_value());
  Remember(*updated.recovery_secrets);
  Restart();
  EXPECT_EQ(Env("m", "S"), key);
  LoseTheKey();
  const SecretBuffer old_secret = *holders_.at("key0").key.RsaOaepDecrypt(old);
  EXPECT_THAT(
      coordinator_->Recover(old_secret, *holders_.at("key0").key.Sign(SignatureScheme::kRsaPkcs1Sha256, old_secret)),
      FailsWith("recovery.unknown"));
  EXPECT_EQ(*Recover("key0"), 1U);
  EXPECT_EQ(*Recover("key1"), 0U);
  EXPECT_EQ(Env("m", "S"), key);
}

TEST_F(RecoveryTest, NothingIsReturnedIfTheKeysStay) {
  SetWithKeys(1, 0);
  const std::string next = WithKeys(1, 0) + " ";
  EXPECT_FALSE(Submit("alice", next)->recovery_secrets.has_value());
  LoseTheKey();
  EXPECT_EQ(*Recover("key0"), 0U);
  EXPECT_EQ(ToText(coordinator_->GetManifest()->manifest), next);
}

}  // namespace
}  // namespace steelie::control
