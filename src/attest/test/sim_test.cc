#include "attest/sim/sim.h"

#include <gtest/gtest.h>

#include "attest/envelope.h"
#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "pki/leaf.h"

namespace steelie::attest {
namespace {

using steelie::testing::FailsWith;

class SimEvidence : public ::testing::Test {
 protected:
  SimEvidence() {
    statement_.measurement = Sha256(AsBytes("program"));
    statement_.signer.fill(7);
    statement_.product_id = 3;
    statement_.security_version = 5;
    statement_.report_data = BindingTo(AsBytes("certificate"));
  }

  struct Vendor {
    PrivateKey key;
    Certificate root;
  };
  Vendor MakeVendor() {
    PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
    const Bytes der = *pki::IssueSelfSigned("vendor", key, {}, {}, {1}, clock_.Now());
    return {key, *Certificate::FromDer(der)};
  }
  sim::Host MakeHost(const Vendor& vendor, Instant now) {
    PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
    pki::CertificateContent content;
    content.serial[0] = 1;
    content.issuer = vendor.root.SubjectDer();
    content.subject = pki::CommonNameOnly("host");
    content.not_before = std::chrono::floor<std::chrono::seconds>(now);
    content.not_after = content.not_before + std::chrono::days(10);
    content.spki = key.public_key().spki();
    return {key, *pki::SignCertificate(content, vendor.key)};
  }

  steelie::testing::FakeClock clock_;
  sim::Statement statement_;
  Vendor vendor_ = MakeVendor();
  sim::Host host_ = MakeHost(vendor_, clock_.Now());
  sim::SimVerifier verifier_{vendor_.root};
};

TEST_F(SimEvidence, VerifiedClaimsAreTheStatement) {
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, host_));
  EXPECT_EQ(Recognise(evidence), Container::kEnvelope);
  ASSERT_OK_AND_ASSIGN(const Claims claims, verifier_.Verify(evidence, clock_.Now()));
  EXPECT_EQ(claims.kind, EvidenceKind::kSim);
  EXPECT_TRUE(PublicEqual(claims.measurement, statement_.measurement));
  EXPECT_TRUE(PublicEqual(claims.signer, statement_.signer));
  EXPECT_EQ(claims.product_id, 3U);
  EXPECT_EQ(claims.security_version, 5U);
  EXPECT_FALSE(claims.debug);
  EXPECT_EQ(claims.report_data, statement_.report_data);
}

TEST_F(SimEvidence, EveryChangedByteIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, host_));
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    Bytes bad = evidence;
    bad[i] ^= 1;
    EXPECT_FALSE(verifier_.Verify(bad, clock_.Now()).has_value()) << i;
    EXPECT_FALSE(verifier_.Verify(ByteView(evidence).first(i), clock_.Now()).has_value()) << i;
  }
  Bytes longer = evidence;
  longer.push_back(0);
  EXPECT_THAT(verifier_.Verify(longer, clock_.Now()), FailsWith("attest.envelope"));
}

TEST_F(SimEvidence, AnotherVendorIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, MakeHost(MakeVendor(), clock_.Now())));
  EXPECT_THAT(verifier_.Verify(evidence, clock_.Now()), FailsWith("attest.sim.chain"));
}

TEST_F(SimEvidence, WithoutVendorRootEverythingIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, host_));
  EXPECT_THAT(sim::SimVerifier(std::nullopt).Verify(evidence, clock_.Now()), FailsWith("attest.sim.untrusted"));
}

TEST_F(SimEvidence, AnotherHostsKeyIsRefused) {
  sim::Host mixed = host_;
  mixed.key = *PrivateKey::Generate(KeyKind::kEcP256);
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, mixed));
  EXPECT_THAT(verifier_.Verify(evidence, clock_.Now()), FailsWith("attest.sim.signature"));
}

TEST_F(SimEvidence, ExpiredHostIsRefused) {
  ASSERT_OK_AND_ASSIGN(const Bytes evidence, sim::Issue(statement_, host_));
  clock_.Advance(std::chrono::days(11));
  EXPECT_THAT(verifier_.Verify(evidence, clock_.Now()), FailsWith("attest.sim.chain"));
}

TEST(EnvelopeTest, RefusesOtherVersionsAndExcess) {
  Bytes coded = EncodeEnvelope({Envelope::kSim, {Bytes{1}}});
  EXPECT_OK(DecodeEnvelope(coded));
  coded[4] = 2;
  EXPECT_THAT(DecodeEnvelope(coded), FailsWith("attest.envelope.version"));
  EXPECT_THAT(DecodeEnvelope(EncodeEnvelope({1, std::vector<Bytes>(17)})), FailsWith("attest.envelope"));
  EXPECT_THAT(DecodeEnvelope(EncodeEnvelope({1, {Bytes((256U << 10U) + 1)}})), FailsWith("attest.envelope"));
}

TEST(RecogniseTest, ByTheFirstBytes) {
  const auto recognise = [](std::string_view hex) { return Recognise(*HexDecode(hex)); };
  EXPECT_EQ(Recognise({}), Container::kEmpty);
  EXPECT_EQ(recognise("0100000002000000"), Container::kOpenEnclave);
  EXPECT_EQ(recognise("0300020000000000"), Container::kSgxQuote);
  EXPECT_EQ(recognise("0400020081000000"), Container::kTdxQuote);
  EXPECT_EQ(recognise("0300020081000000"), Container::kUnknown);
  EXPECT_EQ(recognise("03"), Container::kUnknown);
}

}  // namespace
}  // namespace steelie::attest
