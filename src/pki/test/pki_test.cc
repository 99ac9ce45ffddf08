#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "pki/authority.h"
#include "pki/leaf.h"

namespace steelie::pki {
namespace {

using testing::FailsWith;

class Pki : public ::testing::TestWithParam<KeyKind> {
 protected:
  PrivateKey Key() { return *PrivateKey::Generate(GetParam()); }
  SerialNumber Serial() {
    SerialNumber serial{};
    serial[15] = ++next_serial_;
    serial[0] = 0xff;  // encodes as a positive integer all the same
    return serial;
  }
  Authority Make(std::string_view names = "localhost,coordinator.test,10.9.8.7") {
    auto authority = Authority::Create(AuthorityNames::FromList(names), {Key(), Serial()}, {Key(), Serial(), Serial()},
                                       clock_.Now());
    EXPECT_TRUE(authority.has_value());
    return std::move(*authority);
  }
  CertificateRequest Request() {
    CertificateRequest request;
    request.subject = {{"2.5.4.6", "DE"},
                       {"2.5.4.10", "removed"},
                       {"2.5.4.11", "unit"},
                       {"2.5.4.3", "replaced"},
                       {"1.2.3.4", "unknown"}};
    request.dns_names = {"a.example", "b"};
    request.ip_addresses = {{10, 1, 2, 3}};
    return request;
  }

  steelie::testing::FakeClock clock_;
  std::uint8_t next_serial_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Curves, Pki, ::testing::Values(KeyKind::kEcP256, KeyKind::kEcP384));

TEST_P(Pki, HierarchyIsCrossSigned) {
  const Authority ca = Make();
  const PublicKey root_key = *ca.root().SubjectPublicKey();
  EXPECT_TRUE(ca.root().SignedBy(root_key));
  EXPECT_TRUE(ca.intermediate().SignedBy(root_key));
  EXPECT_TRUE(ca.marble_root().SignedBy(*ca.marble_root().SubjectPublicKey()));
  EXPECT_FALSE(ca.marble_root().SignedBy(root_key));
  EXPECT_EQ(ca.intermediate().SubjectDer(), ca.marble_root().SubjectDer());
  EXPECT_EQ(ca.intermediate().SubjectPublicKey()->spki(), ca.marble_root().SubjectPublicKey()->spki());
  EXPECT_EQ(ca.intermediate().SubjectKeyId(), ca.marble_root().SubjectKeyId());
  EXPECT_EQ(ca.root().SubjectCommonName(), "MarbleRun Coordinator");
  EXPECT_EQ(ca.intermediate().SubjectCommonName(), "MarbleRun Coordinator - Intermediate CA");
  for (const Certificate* cert : {&ca.root(), &ca.intermediate(), &ca.marble_root()}) {
    EXPECT_TRUE(cert->IsCa());
    EXPECT_EQ(cert->DnsNames(), (std::vector<std::string>{"localhost", "coordinator.test"}));
    ASSERT_EQ(cert->IpAddresses().size(), 3U);
    EXPECT_EQ(FormatIp(cert->IpAddresses()[2]), "10.9.8.7");
    EXPECT_EQ(cert->NotAfter() - cert->NotBefore(), kLongLifetime);
    EXPECT_LT(cert->NotBefore(), clock_.Now());
  }
}

TEST_P(Pki, RotationKeepsTheRootAndItsNames) {
  const Authority before = Make();
  ASSERT_OK_AND_ASSIGN(const Authority after, before.Rotate({Key(), Serial(), Serial()}, clock_.Now()));
  EXPECT_EQ(after.root().der(), before.root().der());
  EXPECT_NE(after.intermediate().der(), before.intermediate().der());
  EXPECT_NE(after.marble_root().SubjectPublicKey()->spki(), before.marble_root().SubjectPublicKey()->spki());
  EXPECT_EQ(after.marble_root().DnsNames(), before.marble_root().DnsNames());
  EXPECT_EQ(after.marble_root().IpAddresses(), before.marble_root().IpAddresses());
}

TEST_P(Pki, MarbleCertificate) {
  const Authority ca = Make();
  const PrivateKey key = Key();
  ASSERT_OK_AND_ASSIGN(const Uuid uuid, Uuid::Parse("00112233-4455-4677-8899-aabbccddeeff"));
  ASSERT_OK_AND_ASSIGN(const Bytes der, IssueMarbleCertificate(ca, Request(), uuid, "Typ ä/1", key.public_key(),
                                                               Serial(), 0, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Certificate cert, Certificate::FromDer(der));
  EXPECT_TRUE(cert.SignedBy(ca.intermediate_key().public_key()));
  EXPECT_EQ(cert.IssuerDer(), ca.marble_root().SubjectDer());
  EXPECT_EQ(cert.SubjectCommonName(), uuid.ToString());
  std::string subject;
  for (const NameAttribute& a : cert.Subject()) subject += a.oid + "=" + a.value + ";";
  EXPECT_EQ(subject, "2.5.4.6=DE;2.5.4.11=unit;2.5.4.3=" + uuid.ToString() + ";");
  EXPECT_EQ(cert.DnsNames(), (std::vector<std::string>{"a.example", "b"}));
  ASSERT_TRUE(cert.Extension(kMarbleTypeOid).has_value());
  EXPECT_EQ(ToText(*cert.Extension(kMarbleTypeOid)), "Typ ä/1");
  EXPECT_FALSE(cert.IsCa());
  EXPECT_FALSE(cert.SubjectKeyId().has_value());
  EXPECT_EQ(cert.NotAfter() - cert.NotBefore(), kLongLifetime);

  ASSERT_OK_AND_ASSIGN(const Bytes limited,
                       IssueMarbleCertificate(ca, Request(), uuid, "t", key.public_key(), Serial(), 7, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Certificate week, Certificate::FromDer(limited));
  EXPECT_EQ(week.NotAfter(), std::chrono::floor<std::chrono::seconds>(clock_.Now()) + std::chrono::days(7));
}

TEST_P(Pki, SecretCertificateDefaults) {
  const Authority ca = Make();
  ASSERT_OK_AND_ASSIGN(const Bytes der, IssueSecretCertificate(ca, {}, Key().public_key(), Serial(), 0, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Certificate cert, Certificate::FromDer(der));
  EXPECT_EQ(cert.SubjectCommonName(), "MarbleRun Generated Certificate");
  EXPECT_EQ(cert.DnsNames(), (std::vector<std::string>{"localhost"}));
  EXPECT_EQ(cert.IpAddresses().size(), 2U);
  EXPECT_EQ(cert.NotAfter(), std::chrono::floor<std::chrono::seconds>(clock_.Now()) + std::chrono::days(365));
  EXPECT_FALSE(cert.IsCa());
  EXPECT_EQ(HexEncode(*cert.Extension("2.5.29.15")), "03020284");
}

TEST_P(Pki, SecretCertificateProfile) {
  const Authority ca = Make();
  CertificateProfile profile;
  profile.subject.organization = {"o1", "o2"};
  profile.subject.extra_names = {{{2, 5, 4, 5}, "serial"}};
  profile.subject.serial_number = "suppressed";
  profile.dns_names = std::vector<std::string>{"db.example"};
  profile.ip_addresses = std::vector<Bytes>{};
  profile.uris = {"spiffe://x/y"};
  profile.is_ca = true;
  profile.max_path_len = 1;
  profile.ext_key_usage = std::vector<int>{};
  profile.permitted.dns = {"example"};
  profile.crl_distribution_points = {"http://crl"};
  profile.ocsp_server = {"http://ocsp"};
  profile.policies = {{1, 2, 3}};
  profile.extra_extensions = {{{1, 2, 3, 4}, true, {1, 2}}};
  profile.not_after = CertificateTime(std::chrono::seconds(4000000000));
  ASSERT_OK_AND_ASSIGN(const Bytes der,
                       IssueSecretCertificate(ca, profile, Key().public_key(), Serial(), 0, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Certificate cert, Certificate::FromDer(der));
  EXPECT_EQ(cert.SubjectCommonName(), "db.example");
  EXPECT_TRUE(cert.IpAddresses().empty());
  EXPECT_TRUE(cert.IsCa());
  EXPECT_TRUE(cert.SubjectKeyId().has_value());
  EXPECT_FALSE(cert.Extension("2.5.29.37").has_value());
  EXPECT_EQ(cert.NotAfter(), *profile.not_after);
  EXPECT_EQ(*cert.Extension("1.2.3.4"), (Bytes{1, 2}));
  for (const char* oid : {"2.5.29.30", "2.5.29.31", "2.5.29.32", "1.3.6.1.5.5.7.1.1"}) {
    EXPECT_TRUE(cert.Extension(oid).has_value()) << oid;
  }
  EXPECT_EQ(cert.Subject().back().value, "serial");
}

TEST_P(Pki, SecretCertificateRefusesWhatCannotBeEncoded) {
  const Authority ca = Make();
  const auto issue = [&](const CertificateProfile& profile, std::uint64_t days = 0) {
    return IssueSecretCertificate(ca, profile, Key().public_key(), Serial(), days, clock_.Now());
  };
  CertificateProfile usage;
  usage.ext_key_usage = std::vector<int>{14};
  EXPECT_THAT(issue(usage), FailsWith("pki.profile"));
  CertificateProfile path;
  path.max_path_len = 0;
  EXPECT_THAT(issue(path), FailsWith("pki.profile"));
  CertificateProfile dns;
  dns.dns_names = std::vector<std::string>{"ä"};
  EXPECT_THAT(issue(dns), FailsWith("pki.profile"));
  CertificateProfile oid;
  oid.policies = {{9}};
  EXPECT_THAT(issue(oid), FailsWith("pki.profile"));
  EXPECT_THAT(issue({}, 3'000'000), FailsWith("pki.profile"));
}

TEST_P(Pki, SimulationMarksEveryCaCertificate) {
  AuthorityNames names = AuthorityNames::FromList("localhost");
  names.simulation = true;
  ASSERT_OK_AND_ASSIGN(const Authority ca,
                       Authority::Create(names, {Key(), Serial()}, {Key(), Serial(), Serial()}, clock_.Now()));
  ASSERT_OK_AND_ASSIGN(const Authority later, ca.Rotate({Key(), Serial(), Serial()}, clock_.Now()));
  for (const Certificate* cert : {&ca.root(), &ca.intermediate(), &ca.marble_root(), &later.marble_root()}) {
    EXPECT_TRUE(cert->Extension(kSimulationOid).has_value());
  }
  EXPECT_FALSE(Make().root().Extension(kSimulationOid).has_value());
}

TEST(AuthorityNames, SplitsWithoutTrimming) {
  const AuthorityNames names = AuthorityNames::FromList("a,127.0.0.1, b,2001:db8::1,,c");
  EXPECT_EQ(names.dns_names, (std::vector<std::string>{"a", " b", "c"}));
  ASSERT_EQ(names.ip_addresses.size(), 3U);
  EXPECT_EQ(FormatIp(names.ip_addresses[2]), "2001:db8::1");
}

TEST(SelfSigned, CarriesTheNames) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(KeyKind::kEcP384));
  ASSERT_OK_AND_ASSIGN(const Bytes der, IssueSelfSigned("MarbleRun Marble", key, {"a"}, {}, {1}, Instant()));
  ASSERT_OK_AND_ASSIGN(const Certificate cert, Certificate::FromDer(der));
  EXPECT_TRUE(cert.SignedBy(key.public_key()));
  EXPECT_EQ(cert.DnsNames(), (std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace steelie::pki
