#include "client/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attest/sim/sim.h"
#include "base/file.h"
#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"
#include "client/certificate_cache.h"
#include "pki/leaf.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;
using ::testing::HasSubstr;

struct Issuer {
  PrivateKey key;
  Certificate certificate;
};

class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() {
    statement_.measurement = Sha256(AsBytes("coordinator"));
    statement_.signer.fill(7);
    statement_.product_id = 3;
    statement_.security_version = 5;
    options_.now = clock_.Now();
    options_.sim_vendor_root = vendor_.certificate;
    options_.expected.sim.emplace();
    options_.expected.sim->measurement = ToBytes(statement_.measurement);
    Bind(root_.certificate, {});
  }

  Issuer Make(const char* name) {
    PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
    Certificate certificate = *Certificate::FromDer(*pki::IssueSelfSigned(name, key, {}, {}, {1}, clock_.Now()));
    return {std::move(key), std::move(certificate)};
  }
  Bytes Issue(const Issuer& issuer, const char* subject) {
    pki::CertificateContent content;
    content.serial[0] = 1;
    content.issuer = issuer.certificate.SubjectDer();
    content.subject = pki::CommonNameOnly(subject);
    content.not_before = std::chrono::floor<std::chrono::seconds>(clock_.Now());
    content.not_after = content.not_before + std::chrono::days(10);
    content.spki = host_key_.public_key().spki();
    return *pki::SignCertificate(content, issuer.key);
  }
  void Bind(const Certificate& certificate, ByteView nonce) {
    statement_.report_data = attest::BindingTo(certificate.der(), nonce);
  }
  QuoteAnswer Answer() {
    const Certificate intermediate = *Certificate::FromDer(Issue(root_, "intermediate"));
    return {intermediate.ToPem() + root_.certificate.ToPem(),
            *attest::sim::Issue(statement_, {host_key_, Issue(vendor_, "host")})};
  }

  steelie::testing::FakeClock clock_;
  PrivateKey host_key_ = *PrivateKey::Generate(KeyKind::kEcP256);
  Issuer vendor_ = Make("vendor");
  Issuer root_ = Make("root");
  attest::sim::Statement statement_;
  VerifyOptions options_;
};

TEST_F(VerifyTest, AcceptsTheExpectedProgram) {
  ASSERT_OK_AND_ASSIGN(const VerifiedCoordinator verified, VerifyCoordinator(Answer(), options_));
  ASSERT_TRUE(verified.claims.has_value());
  EXPECT_EQ(verified.claims->security_version, 5U);
  EXPECT_EQ(verified.root.der(), root_.certificate.der());
  EXPECT_FALSE(verified.quote.empty());
}

TEST_F(VerifyTest, EachPropertyCounts) {
  const auto refuses = [&](auto change, const char* text) {
    VerifyOptions options = options_;
    change(*options.expected.sim);
    const auto result = VerifyCoordinator(Answer(), options);
    ASSERT_THAT(result, FailsWith("client.verify.mismatch"));
    EXPECT_THAT(result.error().message(), HasSubstr(text));
  };
  refuses([](ExpectedProgram& e) { e.measurement = Bytes(32, 1); }, "invalid Measurement");
  refuses([](ExpectedProgram& e) { e.signer = Bytes(32, 1); }, "invalid SignerID");
  refuses([](ExpectedProgram& e) { e.product_id = 4; }, "invalid ProductID: expected 4, the evidence has 3");
  refuses([](ExpectedProgram& e) { e.security_version = 6; }, "invalid SecurityVersion: expected at least 6");
  statement_.debug = true;
  refuses([](ExpectedProgram&) {}, "debug enclave not allowed");
  options_.expected.sim->debug = true;
  EXPECT_OK(VerifyCoordinator(Answer(), options_));
}

TEST_F(VerifyTest, ADescriptionMustSayEnough) {
  ExpectedProgram& expected = *options_.expected.sim;
  expected.measurement.reset();
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.description"));
  expected.security_version = 5;
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.description"));
  expected.product_id = 3;
  ASSERT_OK_AND_ASSIGN(const VerifiedCoordinator verified, VerifyCoordinator(Answer(), options_));
  EXPECT_THAT(verified.warnings, ::testing::Contains(HasSubstr("any program on the platform passes")));
  options_.expected.sim.reset();
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.description"));
}

TEST_F(VerifyTest, TheRootCertificateAndTheNonceAreBound) {
  options_.nonce = ToBytes(std::string_view("fresh"));
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.binding"));
  Bind(root_.certificate, options_.nonce);
  EXPECT_OK(VerifyCoordinator(Answer(), options_));
  Bind(vendor_.certificate, options_.nonce);
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.binding"));
}

TEST_F(VerifyTest, OnlyTheNamedVendorIsTrusted) {
  options_.sim_vendor_root.reset();
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("client.verify.no_vendor"));
  options_.sim_vendor_root = root_.certificate;
  EXPECT_THAT(VerifyCoordinator(Answer(), options_), FailsWith("attest.sim.chain"));
}

TEST_F(VerifyTest, OtherEvidenceIsRefusedUnlessInsecure) {
  QuoteAnswer answer = Answer();
  answer.quote.clear();
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.no_evidence"));
  answer.quote = Bytes{1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.unsupported"));
  answer.quote = Bytes(100, 0xff);
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.unsupported"));
  options_.insecure = true;
  ASSERT_OK_AND_ASSIGN(const VerifiedCoordinator trusted, VerifyCoordinator(answer, options_));
  EXPECT_FALSE(trusted.claims.has_value());
  options_.insecure = false;
  options_.expected.insecure_skip_verify = true;
  ASSERT_OK_AND_ASSIGN(const VerifiedCoordinator skipped, VerifyCoordinator(answer, options_));
  EXPECT_FALSE(skipped.warnings.empty());
}

TEST_F(VerifyTest, TheChainMustBeOne) {
  QuoteAnswer answer = Answer();
  const std::string good = answer.certificates;
  answer.certificates = root_.certificate.ToPem();
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.certificates"));
  answer.certificates = vendor_.certificate.ToPem() + root_.certificate.ToPem();
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.certificates"));
  answer.certificates = "";
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.certificates"));
  answer.certificates = good + good;
  EXPECT_THAT(VerifyCoordinator(answer, options_), FailsWith("client.verify.certificates"));
}

TEST(Description, ReadsTheFileOfARelease) {
  const std::string hex(64, 'A');
  ASSERT_OK_AND_ASSIGN(
      const CoordinatorDescription description,
      CoordinatorDescription::Parse(R"({"SecurityVersion":2,"productid":3,"UniqueID":"","SignerID":")" + hex +
                                    R"(","Extra":[1],"Sim":{"Measurement":")" + hex + R"(","Debug":true}})"));
  EXPECT_EQ(description.sgx.security_version, 2U);
  EXPECT_EQ(description.sgx.product_id, 3U);
  EXPECT_FALSE(description.sgx.measurement.has_value());
  EXPECT_EQ(*description.sgx.signer, Bytes(32, 0xaa));
  ASSERT_TRUE(description.sim.has_value());
  EXPECT_TRUE(description.sim->debug);
}

TEST(Description, RefusesMalformedFiles) {
  for (const char* bad : {"", "[]", "{", R"({"UniqueID":"xyz"})", R"({"SignerID":"aa"})", R"({"ProductID":-1})",
                          R"({"Debug":"yes"})", R"({"Sim":5})", R"({"Sim":{"Measurement":5}})"}) {
    EXPECT_THAT(CoordinatorDescription::Parse(bad), FailsWith("client.description")) << bad;
  }
}

TEST(Description, MisspeltMembersWarnAndAreRefusedInSim) {
  ASSERT_OK_AND_ASSIGN(const CoordinatorDescription description,
                       CoordinatorDescription::Parse(R"({"SecurtyVersion":2,"productid":3,"Nonce":"AA=="})"));
  EXPECT_THAT(description.warnings, ::testing::ElementsAre(AllOf(HasSubstr("\"SecurtyVersion\""),
                                                                 HasSubstr("did you mean `SecurityVersion`?"))));
  const auto refused = CoordinatorDescription::Parse(R"({"Sim":{"Measurements":""}})");
  ASSERT_THAT(refused, FailsWith("client.description"));
  EXPECT_THAT(refused.error().message(), HasSubstr("did you mean `Measurement`?"));
  EXPECT_FALSE(CoordinatorDescription::Parse(R"({"Sim":{"UniqueID":""}})").has_value());
}

TEST_F(VerifyTest, TheCacheKeepsIntermediateAndRoot) {
  const steelie::testing::TempFolder folder;
  const auto path = folder.path() / "marblerun" / "coordinator-cert.pem";
  EXPECT_THAT(ReadCertificateCache(path), FailsWith("client.cache.missing"));
  const Certificate intermediate = *Certificate::FromDer(Issue(root_, "intermediate"));
  ASSERT_OK(WriteCertificateCache(path, {intermediate, root_.certificate}));
  ASSERT_OK_AND_ASSIGN(const CachedCertificates cached, ReadCertificateCache(path));
  EXPECT_EQ(cached.root.der(), root_.certificate.der());
  EXPECT_EQ(cached.intermediate.der(), intermediate.der());
  ASSERT_OK(ReplaceFile(path, AsBytes(root_.certificate.ToPem())));
  EXPECT_THAT(ReadCertificateCache(path), FailsWith("client.cache.malformed"));
}

TEST(Cache, DefaultFolder) {
  EXPECT_EQ(DefaultCachePath("/x", "/h"), "/x/marblerun/coordinator-cert.pem");
  EXPECT_EQ(DefaultCachePath("", "/h"), "/h/.config/marblerun/coordinator-cert.pem");
  EXPECT_EQ(DefaultCachePath(nullptr, nullptr), std::nullopt);
}

}  // namespace
}  // namespace steelie::client
