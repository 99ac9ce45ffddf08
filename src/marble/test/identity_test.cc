#include "marble/identity.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Bytes& Ip(const char* text) {
  static std::vector<Bytes> kept;
  kept.reserve(100);
  return kept.emplace_back(*ParseIp(text));
}

class Identity : public ::testing::Test {
 protected:
  MarbleNames names_ = *MarbleNames::FromList("localhost,db.example,10.0.0.1,2001:db8::1");
  steelie::testing::InsecureSeededRandom random_{3};
  steelie::testing::FakeClock clock_;
};

TEST_F(Identity, ListsHoldNamesAndAddresses) {
  EXPECT_THAT(names_.dns_names, ElementsAre("localhost", "db.example"));
  EXPECT_THAT(names_.ip_addresses, ElementsAre(Ip("10.0.0.1"), Ip("2001:db8::1")));
  EXPECT_THAT(MarbleNames::FromList("a, b"), FailsWith("marble.names"));
  EXPECT_THAT(MarbleNames::FromList("caf\xc3\xa9"), FailsWith("marble.names"));
}

TEST_F(Identity, CertificateIsAsExistingMarblesMakeIt) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384}) {
    ASSERT_OK_AND_ASSIGN(const MarbleIdentity identity, MarbleIdentity::Create(kind, names_, random_, clock_.Now()));
    const Certificate& certificate = identity.certificate;
    EXPECT_EQ(identity.key.kind(), kind);
    EXPECT_EQ(certificate.SubjectCommonName(), "MarbleRun Marble");
    EXPECT_EQ(certificate.IssuerDer(), certificate.SubjectDer());
    ASSERT_OK_AND_ASSIGN(const PublicKey key, certificate.SubjectPublicKey());
    EXPECT_EQ(key.spki(), identity.key.public_key().spki());
    EXPECT_TRUE(certificate.SignedBy(key));
    EXPECT_FALSE(certificate.IsCa());
    EXPECT_THAT(certificate.DnsNames(), ElementsAre("localhost", "db.example"));
    EXPECT_THAT(certificate.IpAddresses(), ElementsAre(Ip("10.0.0.1"), Ip("2001:db8::1"), Ip("127.0.0.1"), Ip("::1")));
    EXPECT_EQ(certificate.Extension("2.5.29.15"), (Bytes{0x03, 0x02, 0x03, 0x88}))
        << "digitalSignature and keyAgreement";
    EXPECT_TRUE(certificate.Extension("2.5.29.37").has_value());
    EXPECT_LE(certificate.NotBefore(), clock_.Now());
    EXPECT_GT(certificate.NotAfter() - certificate.NotBefore(), std::chrono::days(365 * 292));
  }
}

TEST_F(Identity, EveryStartHasItsOwnKey) {
  ASSERT_OK_AND_ASSIGN(const auto a, MarbleIdentity::Create(KeyKind::kEcP256, names_, random_, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const auto b, MarbleIdentity::Create(KeyKind::kEcP256, names_, random_, clock_.Now()));
  EXPECT_NE(a.key.public_key().spki(), b.key.public_key().spki());
}

TEST_F(Identity, RequestHasAnEmptySubjectAndLoopbackFirst) {
  ASSERT_OK_AND_ASSIGN(const auto identity, MarbleIdentity::Create(KeyKind::kEcP384, names_, random_, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Bytes der, CreateRequest(identity.key, names_));
  ASSERT_OK_AND_ASSIGN(const auto request, CertificateRequest::ParseAndVerify(der));
  EXPECT_THAT(request.subject, IsEmpty());
  EXPECT_THAT(request.dns_names, ElementsAre("localhost", "db.example"));
  EXPECT_THAT(request.ip_addresses, ElementsAre(Ip("127.0.0.1"), Ip("::1"), Ip("10.0.0.1"), Ip("2001:db8::1")));
}

}  // namespace
}  // namespace steelie::marble
