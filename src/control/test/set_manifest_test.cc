#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "control/testing/coordinator_test.h"
#include "manifest/fingerprint.h"

namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::CoordinatorTest;
using testing::Manifest;

class SetManifestTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }
  // A refused manifest leaves no trace.
  void ExpectRefused(const std::string& manifest, const std::string& reason) {
    EXPECT_THAT(Set(manifest), FailsWith(reason));
    EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingManifest);
    EXPECT_THAT(coordinator_->GetManifest(), FailsWith("manifest.none"));
  }
  static std::string WithEnv(const std::string& value, const std::string& secrets = "") {
    return Manifest(R"("m":{"Package":"app","Parameters":{"Env":{"X":")" + value + R"("}}})", secrets);
  }
};

TEST_F(SetManifestTest, KeepsTheBytesAndSignsThem) {
  const std::string manifest = " " + Manifest(R"("m":{"Package":"app"})") + "\n";
  ASSERT_OK(Set(manifest));
  ASSERT_OK_AND_ASSIGN(const ManifestView view, coordinator_->GetManifest());
  EXPECT_EQ(ToText(view.manifest), manifest);
  EXPECT_EQ(view.fingerprint, manifest::Fingerprint(AsBytes(manifest)));
  EXPECT_TRUE(coordinator_->ClientApiIdentity()->key.public_key().Verify(SignatureScheme::kEcdsaSha256,
                                                                         AsBytes(manifest), view.signature));
  EXPECT_EQ(coordinator_->GetUpdateLog()->size(), 1U);
}

TEST_F(SetManifestTest, ASecondOneIsRefused) {
  const std::string manifest = Manifest(R"("m":{"Package":"app"})");
  ASSERT_OK(Set(manifest));
  EXPECT_THAT(Set(manifest), FailsWith("state.wrong"));
}

TEST_F(SetManifestTest, MessagesBeginAsThoseOfTheReference) {
  EXPECT_THAT(Set("{").error().message(), ::testing::StartsWith("unmarshaling manifest: "));
  EXPECT_THAT(Set("{}").error().message(), ::testing::StartsWith("checking manifest: "));
}

// Strangers must not be able to occupy all workers with keys that take long.
TEST_F(SetManifestTest, OneManifestWithSlowKeysAtATime) {
  std::string secrets;
  for (int i = 0; i < 16; ++i) {
    secrets += (i > 0 ? ",\"s" : "\"s") + std::to_string(i) + R"(":{"Type":"cert-rsa","Size":2048,"Shared":true})";
  }
  const std::string slow = Manifest(R"("m":{"Package":"app"})", secrets);
  std::vector<std::string> reasons(2);
  {
    std::vector<std::jthread> threads;
    for (std::string& reason : reasons) {
      threads.emplace_back([&] {
        const Status set = Set(slow);
        reason = set ? "ok" : set.error().reason();
      });
    }
  }
  EXPECT_THAT(reasons, ::testing::UnorderedElementsAre("ok", "manifest.busy"));
}

TEST_F(SetManifestTest, TemplatesAreTriedOut) {
  const std::string key = R"("k":{"Type":"symmetric-key","Size":128})";
  ExpectRefused(WithEnv("{{ hex .Secrets.nope }}"), "template.exec");
  ExpectRefused(WithEnv("{{ hex .Secrets.k "), "template.parse");
  ExpectRefused(WithEnv("{{ raw .Secrets.k }}", key), "template.parse");
  ExpectRefused(WithEnv("{{ pem .Secrets.k }}", key), "template.exec");
  ExpectRefused(WithEnv(R"({{ template \"data\" . }})"), "template.limit");
  ExpectRefused(WithEnv("{{ range 100000000 }}xxxxxxxxxx{{ end }}"), "template.limit");
  ExpectRefused(WithEnv("\\u0000"), "template.env_nul");
}

TEST_F(SetManifestTest, ATemplateBeyondABoundIsTheDocumentsFault) {
  EXPECT_EQ(Set(WithEnv("{{ range 100000000 }}xxxxxxxxxx{{ end }}")).error().code(), Code::kInvalidArgument);
}

TEST_F(SetManifestTest, SecretsThatCannotBeMadeAreRefused) {
  for (const char* secret :
       {R"("k":{"Type":"symmetric-key","Size":12,"Shared":true})", R"("k":{"Type":"plain","Shared":true})",
        R"("k":{"Type":"cert-ecdsa","Size":255,"Shared":true})", R"("k":{"Type":"cert-rsa","Size":512,"Shared":true})",
        R"("k":{"Type":"cert-ed25519","Shared":true,"Cert":{"MaxPathLen":1}})"}) {
    EXPECT_FALSE(Set(WithEnv("x", secret)).has_value()) << secret;
  }
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingManifest);
}

TEST_F(SetManifestTest, ProblemsComeWithSuggestions) {
  const Status status = Set(R"({"Packages":{},"Marbles":{"m":{"Package":"nope","Paramters":{}}}})");
  ASSERT_FALSE(status.has_value());
  EXPECT_NE(status.error().message().find("Paramters"), std::string::npos);
  EXPECT_NE(status.error().message().find("did you mean"), std::string::npos);
  EXPECT_EQ(status.error().code(), Code::kInvalidArgument);
}

TEST_F(SetManifestTest, LenientIsTheOperatorsChoiceAndVisible) {
  const std::string unknown = Manifest(R"("m":{"Package":"app","Unknown":1})");
  EXPECT_FALSE(Set(unknown).has_value());
  EXPECT_FALSE(coordinator_->GetStatus().lenient_manifest);
  lenient_ = true;
  Restart();
  EXPECT_TRUE(coordinator_->GetStatus().lenient_manifest);
  ASSERT_OK(Set(unknown));
  // The choice belongs to the manifest, not to the next start.
  lenient_ = false;
  Restart();
  EXPECT_EQ(coordinator_->phase(), Phase::kAcceptingMarbles);
}

TEST_F(SetManifestTest, EveryUseCaseKnowsItsState) {
  EXPECT_THAT(coordinator_->GetUpdateLog(), FailsWith("state.wrong"));
  EXPECT_THAT(coordinator_->GetManifest(), FailsWith("manifest.none"));
  EXPECT_THAT(coordinator_->GetPendingUpdate(), FailsWith("update.none"));
  EXPECT_THAT(coordinator_->RecoveryPublicKey(), FailsWith("state.wrong"));
  EXPECT_THAT(coordinator_->Recover(Bytes(32), Bytes(1)), FailsWith("state.wrong"));
  EXPECT_THAT(coordinator_->ReadSecrets({}, {"x"}), FailsWith("user.unauthorized"));
  EXPECT_THAT(coordinator_->SubmitUpdate({}, {}), FailsWith("user.unauthorized"));
  EXPECT_THAT(coordinator_->RequireFeature(manifest::FeatureGate::kMonotonicCounter), FailsWith("feature.disabled"));
  EXPECT_THAT(Activate("m"), FailsWith("state.wrong"));
  EXPECT_OK(coordinator_->GetQuote(std::nullopt));
}

TEST_F(SetManifestTest, Promise4NoSecretInLogsOrErrors) {
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app","Parameters":{"Env":{"K":"{{ hex .Secrets.k }}"}}})",
                         R"("k":{"Type":"symmetric-key","Size":256,"Shared":true})")));
  const std::string key = Env("m", "K");
  ASSERT_EQ(key.size(), 64U);
  (void)Activate("m", "bad");
  (void)Activate("nope");
  EXPECT_EQ(recorder_.Text().find(key), std::string::npos);
}

}  // namespace
}  // namespace steelie::control
