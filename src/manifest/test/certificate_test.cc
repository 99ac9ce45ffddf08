#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/pem.h"
#include "manifest/parse.h"
#include "manifest/sections.h"
#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

using ::testing::ElementsAre;
using Arcs = CertificateProfile::Arcs;

std::string Wrap(std::string_view cert) {
  return R"({"Secrets": {"s": {"Type": "cert-ecdsa", "Size": 256, "Cert": )" + std::string(cert) + "}}}";
}

Outcome Read(std::string_view cert) { return Parse(AsBytes(Wrap(cert))); }

CertificateProfile Profile(std::string_view cert) {
  const Outcome outcome = Read(cert);
  for (const Problem& p : outcome.errors) ADD_FAILURE() << p.ToString();
  return outcome.manifest ? outcome.manifest->secrets.at("s").profile : CertificateProfile{};
}

TEST(CertificateTemplate, ReadsAllMembers) {
  const auto p = Profile(R"({"SignatureAlgorithm": 12, "Subject": {"Country": ["DE", "FR"], "Organization": ["o"],
      "OrganizationalUnit": ["ou"], "Locality": ["l"], "Province": ["p"], "StreetAddress": ["s"], "PostalCode": ["1"],
      "CommonName": "cn", "SerialNumber": "7", "ExtraNames": [{"Type": [2, 5, 4, 42], "Value": "v"}]},
      "NotAfter": "2030-01-31T12:00:00+02:00", "KeyUsage": 511, "ExtKeyUsage": [0, 13],
      "UnknownExtKeyUsage": [[1, 2, 3]], "IsCA": true, "MaxPathLen": 0, "MaxPathLenZero": true,
      "SubjectKeyId": "AQI=", "OCSPServer": ["http://o"], "IssuingCertificateURL": ["http://i"],
      "CRLDistributionPoints": ["http://c"], "DNSNames": ["a.example"], "EmailAddresses": ["a@b"],
      "IPAddresses": ["10.0.0.1", "::1", "::ffff:1.2.3.4"],
      "URIs": [{"Scheme": "https", "Host": "h:1", "Path": "/a b", "RawQuery": "q=1", "Fragment": "f"}],
      "PermittedDNSDomains": ["pd"], "ExcludedDNSDomains": ["xd"], "PermittedEmailAddresses": ["pe"],
      "ExcludedEmailAddresses": ["xe"], "PermittedURIDomains": ["pu"], "ExcludedURIDomains": ["xu"],
      "PermittedIPRanges": [{"IP": "10.0.0.0", "Mask": "/wAAAA=="}], "ExcludedIPRanges": [],
      "PermittedDNSDomainsCritical": true, "Policies": ["1.2.840.113549"],
      "ExtraExtensions": [{"Id": [1, 2, 3, 4], "Critical": true, "Value": "BQA="}], "RawSubject": "MAA="})");
  EXPECT_EQ(p.signature_digest_bits, 512);
  EXPECT_THAT(p.subject.country, ElementsAre("DE", "FR"));
  EXPECT_EQ(p.subject.common_name, "cn");
  EXPECT_EQ(p.subject.serial_number, "7");
  ASSERT_EQ(p.subject.extra_names.size(), 1U);
  EXPECT_EQ(p.subject.extra_names[0].type, (Arcs{2, 5, 4, 42}));
  EXPECT_EQ(p.not_after, ParseRfc3339("2030-01-31T10:00:00Z"));
  EXPECT_EQ(p.key_usage, 511U);
  EXPECT_EQ(p.ext_key_usage, (std::vector<int>{0, 13}));
  EXPECT_THAT(p.unknown_ext_key_usage, ElementsAre(Arcs{1, 2, 3}));
  EXPECT_TRUE(p.is_ca);
  EXPECT_EQ(p.max_path_len, 0);
  EXPECT_EQ(p.subject_key_id, (Bytes{1, 2}));
  EXPECT_THAT(p.ocsp_server, ElementsAre("http://o"));
  EXPECT_EQ(p.dns_names, std::vector<std::string>{"a.example"});
  EXPECT_EQ(p.ip_addresses->at(0), (Bytes{10, 0, 0, 1}));
  EXPECT_EQ(p.ip_addresses->at(1).size(), 16U);
  EXPECT_EQ(p.ip_addresses->at(2), (Bytes{1, 2, 3, 4}));
  EXPECT_THAT(p.uris, ElementsAre("https://h:1/a%20b?q=1#f"));
  EXPECT_THAT(p.permitted.dns, ElementsAre("pd"));
  EXPECT_THAT(p.excluded.uri, ElementsAre("xu"));
  EXPECT_EQ(p.permitted.ip.at(0).mask, (Bytes{255, 0, 0, 0}));
  EXPECT_TRUE(p.name_constraints_critical);
  EXPECT_THAT(p.policies, ElementsAre(Arcs{1, 2, 840, 113549}));
  EXPECT_EQ(p.extra_extensions.at(0).value, (Bytes{5, 0}));
  EXPECT_EQ(p.raw_subject, (Bytes{0x30, 0}));
}

TEST(CertificateTemplate, EmptyListsDifferFromAbsentOnes) {
  const auto absent = Profile(R"({"DNSNames": null, "IPAddresses": null, "ExtKeyUsage": null})");
  EXPECT_FALSE(absent.dns_names || absent.ip_addresses || absent.ext_key_usage);
  const auto empty = Profile(R"({"DNSNames": [], "IPAddresses": [], "ExtKeyUsage": []})");
  EXPECT_TRUE(empty.dns_names && empty.ip_addresses && empty.ext_key_usage);
}

TEST(CertificateTemplate, PathLength) {
  EXPECT_FALSE(Profile(R"({"IsCA": true, "MaxPathLen": 0})").max_path_len);
  EXPECT_FALSE(Profile(R"({"IsCA": true, "MaxPathLen": -1, "MaxPathLenZero": true})").max_path_len);
  EXPECT_EQ(Profile(R"({"MaxPathLen": 2, "IsCA": true})").max_path_len, 2);
}

TEST(CertificateTemplate, RefusesBadValues) {
  for (const std::string_view cert : {
           R"({"SignatureAlgorithm": 4})",
           R"({"SignatureAlgorithm": 13})",
           R"({"NotAfter": "2030-13-01T00:00:00Z"})",
           R"({"NotAfter": "2030-02-30T00:00:00Z"})",
           R"({"NotAfter": "1969-01-01T00:00:00Z"})",
           R"({"NotAfter": "tomorrow"})",
           R"({"KeyUsage": 512})",
           R"({"KeyUsage": -1})",
           R"({"ExtKeyUsage": [14]})",
           R"({"UnknownExtKeyUsage": [[1]]})",
           R"({"UnknownExtKeyUsage": [[3, 1]]})",
           R"({"UnknownExtKeyUsage": [[1, 40]]})",
           R"({"MaxPathLen": 1})",
           R"({"MaxPathLen": 256, "IsCA": true})",
           R"({"DNSNames": ["häuser.de"]})",
           R"({"IPAddresses": ["localhost"]})",
           R"({"IPAddresses": [""]})",
           R"({"URIs": [{}]})",
           R"({"PermittedIPRanges": [{"IP": "10.0.0.0", "Mask": "/w=="}]})",
           R"({"ExcludedIPRanges": [null]})",
           R"({"Policies": ["1.x"]})",
           R"({"ExtraExtensions": [{"Value": "AA=="}]})",
           R"({"Subject": {"ExtraNames": [{"Value": "a"}]}})",
       }) {
    const Outcome outcome = Read(cert);
    ASSERT_EQ(outcome.errors.size(), 1U) << cert;
    EXPECT_EQ(outcome.errors[0].reason, "manifest.secret.cert_value") << cert;
  }
}

TEST(CertificateTemplate, RefusesWrongTypes) {
  for (const std::string_view cert : {
           R"({"Subject": "cn"})",
           R"({"URIs": ["https://a"]})",
           R"({"IsCA": 1})",
           R"({"KeyUsage": 1.5})",
           R"({"DNSNames": "a"})",
           R"({"Issuer": []})",
           R"({"Version": "3"})",
           R"({"NotAfter": 5})",
           R"({"Subject": {"ExtraNames": [{"Type": [2, 5, 4, 3], "Value": 1}]}})",
       }) {
    const Outcome outcome = Read(cert);
    ASSERT_EQ(outcome.errors.size(), 1U) << cert;
    EXPECT_EQ(outcome.errors[0].reason, "manifest.field.type") << cert;
  }
}

TEST(CertificateTemplate, MayBeACertificateInBase64) {
  const auto blocks = PemDecode(kAlicePem);
  const Outcome outcome = Read("\"" + Base64Encode(blocks.at(0).bytes) + "\"");
  ASSERT_TRUE(outcome.manifest);
  EXPECT_TRUE(PublicEqual(outcome.manifest->secrets.at("s").preset_certificate.value(), blocks.at(0).bytes));
}

TEST(Rfc3339, Parses) {
  using std::chrono::sys_days;
  using std::chrono::year;
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:01Z"), std::chrono::sys_seconds(std::chrono::seconds(1)));
  EXPECT_EQ(ParseRfc3339("1970-01-01T01:30:00.999999999+01:30"), std::chrono::sys_seconds());
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00Z"), sys_days(year(1) / 1 / 1));
  EXPECT_TRUE(ParseRfc3339("2024-02-29T23:59:59-23:59"));
  for (const std::string_view bad :
       {"", "1970", "1970-01-01", "1970-01-01 00:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z",
        "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "2023-02-29T00:00:00Z",
        "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+1:00", "70-01-01T00:00:00Z", "1970-00-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseRfc3339(bad)) << bad;
  }
}

}  // namespace
}  // namespace steelie::manifest
