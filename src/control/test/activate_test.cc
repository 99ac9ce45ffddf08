#include <gtest/gtest.h>

#include <thread>

#include "control/testing/coordinator_test.h"
#include "crypto/pem.h"

namespace steelie::control {
namespace {

using steelie::testing::FailsWith;
using testing::CoordinatorTest;
using testing::MakeMarble;
using testing::Manifest;

class ActivateTest : public CoordinatorTest {
 protected:
  void SetUp() override { Start(); }
};

const char* const kKeys =
    R"("own":{"Type":"symmetric-key","Size":128},"shared":{"Type":"symmetric-key","Size":256,"Shared":true})";
const char* const kMarbles =
    R"("a":{"Package":"app","Parameters":{"Env":{"OWN":"{{ hex .Secrets.own }}","SHARED":"{{ hex .Secrets.shared }}",)"
    R"("SEAL":"$$seal_key"},"Files":{"/f":"{{ raw .Secrets.own }}"},"Argv":["./a","x"]}},)"
    R"("b":{"Package":"app","Parameters":{"Env":{"OWN":"{{ hex .Secrets.own }}","SHARED":"{{ hex .Secrets.shared }}",)"
    R"("SEAL":"$$seal_key"}}},"limited":{"Package":"app","MaxActivations":100})";

TEST_F(ActivateTest, HandsOutParameters) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  ASSERT_OK_AND_ASSIGN(const ActivationResponse response, Activate("a"));
  EXPECT_EQ(EnvOf(response, "OWN").size(), 32U);
  EXPECT_EQ(EnvOf(response, "SHARED").size(), 64U);
  EXPECT_EQ(EnvOf(response, "SEAL").size(), 64U);
  ASSERT_EQ(response.files.size(), 1U);
  EXPECT_EQ(HexEncode(response.files[0].content), EnvOf(response, "OWN"));
  EXPECT_EQ(response.argv, (std::vector<std::string>{"./a", "x"}));
  const auto chain = PemDecode(EnvOf(response, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"));
  ASSERT_EQ(chain.size(), 2U);
  ASSERT_OK_AND_ASSIGN(const Certificate leaf, Certificate::FromDer(chain[0].bytes));
  EXPECT_EQ(leaf.SubjectCommonName(), kUuid);
  const auto key = PemDecode(EnvOf(response, "MARBLE_PREDEFINED_PRIVATE_KEY"));
  ASSERT_EQ(key.size(), 1U);
  ASSERT_OK_AND_ASSIGN(const PrivateKey private_key, PrivateKey::FromPkcs8(key[0].bytes));
  EXPECT_EQ(private_key.public_key().spki(), leaf.SubjectPublicKey()->spki());
}

TEST_F(ActivateTest, SpellingsOfOneUuidGiveOneKey) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  const std::string key = Env("a", "OWN");
  EXPECT_EQ(Env("a", "OWN", "{00112233-4455-4677-8899-AABBCCDDEEFF}"), key);
  EXPECT_EQ(Env("a", "OWN", "urn:uuid:00112233-4455-4677-8899-aabbccddeeff"), key);
  EXPECT_EQ(Env("a", "OWN", "00112233445546778899aabbccddeeff"), key);
  EXPECT_NE(Env("a", "OWN", kOtherUuid), key);
  EXPECT_NE(Env("b", "OWN"), key);
  EXPECT_EQ(Env("a", "SHARED"), Env("b", "SHARED", kOtherUuid));
  EXPECT_EQ(Env("a", "SEAL"), Env("a", "SEAL"));
  EXPECT_NE(Env("a", "SEAL"), Env("b", "SEAL"));
}

TEST_F(ActivateTest, RefusesBadIdentities) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  EXPECT_THAT(Activate("a", "00000000-0000-0000-0000-000000000000"), FailsWith("uuid.nil"));
  EXPECT_THAT(Activate("a", "not a uuid"), FailsWith("uuid.syntax"));
  EXPECT_THAT(Activate("a", ""), FailsWith("uuid.syntax"));
  EXPECT_THAT(Activate("c"), FailsWith("activate.unknown_type"));
  EXPECT_THAT(Activate(""), FailsWith("activate.unknown_type"));
  auto marble = MakeMarble();
  marble.csr.back() ^= 1;
  EXPECT_THAT(ActivateAs(marble, "a", kUuid, {}), FailsWith("crypto.csr.signature"));
  marble.csr = Bytes(100'000);
  EXPECT_THAT(ActivateAs(marble, "a", kUuid, {}), FailsWith("crypto.csr.size"));
  marble = MakeMarble();
  marble.caller.leaf.reset();
  EXPECT_THAT(ActivateAs(marble, "a", kUuid, {}), FailsWith("activate.no_certificate"));
}

TEST_F(ActivateTest, CodesAreThoseThatMarblesKnow) {
  EXPECT_EQ(Activate("a").error().code(), Code::kFailedPrecondition);
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  EXPECT_EQ(Activate("c").error().code(), Code::kPermissionDenied);
  EXPECT_EQ(Activate("a", "x").error().code(), Code::kInvalidArgument);
  auto marble = MakeMarble();
  marble.csr = {1};
  EXPECT_EQ(ActivateAs(marble, "a", kUuid, {}).error().code(), Code::kInternal);
}

TEST_F(ActivateTest, ExactlyTheLimitUnderConcurrency) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  std::atomic<int> succeeded = 0, limited = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      const auto marble = MakeMarble();
      for (int i = 0; i < 10; ++i) {
        const auto result = ActivateAs(marble, "limited", kUuid, {});
        if (result) ++succeeded;
        if (!result && result.error().reason() == "activate.limit") ++limited;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(succeeded, 100);
  EXPECT_EQ(limited, 100);
  Restart();
  EXPECT_THAT(Activate("limited"), FailsWith("activate.limit"));
}

TEST_F(ActivateTest, FailedActivationsAreNotCounted) {
  ASSERT_OK(Set(Manifest(R"("one":{"Package":"app","MaxActivations":1})")));
  EXPECT_FALSE(Activate("one", "bad").has_value());
  EXPECT_OK(Activate("one"));
  EXPECT_FALSE(Activate("one").has_value());
}

TEST_F(ActivateTest, UnsetUserSecretFailsTheActivationOnly) {
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app","Parameters":{"Env":{"P":"{{ string .Secrets.p }}"}}})",
                         R"("p":{"Type":"plain","UserDefined":true})")));
  const auto result = Activate("m");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Code::kInternal);
  EXPECT_NE(result.error().message().find("`P`"), std::string::npos);
}

TEST_F(ActivateTest, AllowedNamesBoundTheRequest) {
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app","AllowedNames":["web.example","*.pods.example","10.0.0.0/8"]})")));
  const auto with = [&](const std::vector<std::string>& names) {
    return ActivateAs(MakeMarble(names), "m", kUuid, {});
  };
  EXPECT_OK(with({"web.example"}));
  EXPECT_OK(with({"WEB.example", "a.pods.example"}));
  EXPECT_THAT(with({"bank.example"}), FailsWith("policy.names"));
  EXPECT_THAT(with({"a.b.pods.example"}), FailsWith("policy.names"));
  EXPECT_THAT(with({"pods.example"}), FailsWith("policy.names"));
}

TEST_F(ActivateTest, TtlsConfigurationHasTheKnownShape) {
  ASSERT_OK(
      Set(Manifest(R"("m":{"Package":"app","TLS":["t"]})", R"("c":{"Type":"cert-ecdsa","Size":256,"Shared":true})",
                   R"("TLS":{"t":{"Incoming":[{"Port":"8443"},{"Port":"9443","Cert":"c","DisableClientAuth":true}],)"
                   R"("Outgoing":[{"Addr":"db.example","Port":"5432"}]}})")));
  const std::string config = Env("m", "MARBLE_TTLS_CONFIG");
  EXPECT_TRUE(config.starts_with(R"({"tls":{"Incoming":{"*:8443":{"cacrt":"-----BEGIN CERTIFICATE-----\n)")) << config;
  EXPECT_NE(config.find(R"("*:9443":{"cacrt":")"), std::string::npos);
  EXPECT_NE(config.find(R"(,"clientAuth":false,)"), std::string::npos);
  EXPECT_NE(config.find(R"("Outgoing":{"db.example:5432":{)"), std::string::npos);
}

TEST_F(ActivateTest, AClockBehindTheLedgerStopsActivationsOnly) {
  ASSERT_OK(Set(Manifest(kMarbles, kKeys)));
  ASSERT_OK(Activate("limited"));
  clock_.Advance(-std::chrono::minutes(1));
  EXPECT_OK(Activate("a"));
  clock_.Advance(-std::chrono::hours(1));
  EXPECT_THAT(Activate("a"), FailsWith("time.behind_floor"));
  EXPECT_OK(coordinator_->GetManifest());
}

// Making 200 RSA keys takes minutes of processor time, making none of them nothing.
TEST_F(ActivateTest, Promise5OnlyWhatAMarbleUsesIsMade) {
  std::string secrets = R"("used":{"Type":"symmetric-key","Size":128})";
  for (int i = 0; i < 200; ++i) secrets += ",\"r" + std::to_string(i) + R"(":{"Type":"cert-rsa","Size":4096})";
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app","Parameters":{"Env":{"K":"{{ hex .Secrets.used }}"}}})", secrets)));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_OK(Activate("m"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(ActivateTest, EveryCertificateKindArrives) {
  std::string files, secrets;
  for (const auto& [name, definition] : {std::pair{"rsa", R"({"Type":"cert-rsa","Size":2048})"},
                                         {"ec", R"({"Type":"cert-ecdsa","Size":384,"ValidFor":30})"},
                                         {"ed", R"({"Type":"cert-ed25519"})"},
                                         {"sh", R"({"Type":"cert-ecdsa","Size":521,"Shared":true})"}}) {
    if (!files.empty()) files += ",";
    if (!secrets.empty()) secrets += ",";
    files += std::string("\"/") + name + R"(":"{{ pem .Secrets.)" + name + ".Cert }}{{ pem .Secrets." + name +
             R"(.Private }}")";
    secrets += std::string("\"") + name + "\":" + definition;
  }
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app","Parameters":{"Files":{)" + files + "}}}", secrets)));
  ASSERT_OK_AND_ASSIGN(const ActivationResponse response, Activate("m"));
  ASSERT_EQ(response.files.size(), 4U);
  for (const auto& file : response.files) {
    const auto blocks = PemDecode(AsText(file.content));
    ASSERT_EQ(blocks.size(), 2U) << file.name;
    ASSERT_OK_AND_ASSIGN(const Certificate certificate, Certificate::FromDer(blocks[0].bytes));
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::FromPkcs8(blocks[1].bytes));
    EXPECT_EQ(certificate.SubjectPublicKey()->spki(), key.public_key().spki()) << file.name;
  }
}

}  // namespace
}  // namespace steelie::control
