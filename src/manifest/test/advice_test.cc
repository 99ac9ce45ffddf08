#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/check.h"
#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

struct Advice {
  std::string_view reason;
  std::string_view pointer;
  std::string_view given;      // the document in which it is given, once
  std::string_view not_given;  // one without any
};

constexpr Advice kAdvice[] = {
    {"manifest.advice.unused_package", "/Packages/q",
     R"({"Packages": {"p": {"UniqueID": "$H"}, "q": ^{"UniqueID": "$H"}}, $M})", R"({$P, $M})"},
    {"manifest.advice.certificate_validity", "/Marbles", R"({$P, "Marbles": ^{"m": {"Package": "p"}}})", R"({$P, $M})"},
    {"manifest.advice.allowed_names", "/Marbles/m",
     R"({$P, "Marbles": {"m": ^{"Package": "p", "CertificateValidity": 1, "TLS": ["t"]}}, "TLS": {"t": {}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "TLS": ["t"], "AllowedNames": ["m"]}},
         "TLS": {"t": {}}})"},
    {"manifest.advice.allowed_names", "/Marbles/m",
     R"({$P, "Marbles": {"m": ^{"Package": "p", "CertificateValidity": 1,
         "Parameters": {"Env": {"C": "{{ pem .MarbleRun.MarbleCert.Cert }}"}}}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1,
         "Parameters": {"Env": {"C": {"Data": "{{ pem .MarbleRun.MarbleCert.Cert }}", "NoTemplates": true}}}}}})"},
    {"manifest.advice.security_version", "/Packages/p/SecurityVersion",
     R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 0, "SecurityVersion": ^0}}, $M})",
     R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 0, "SecurityVersion": 1}}, $M})"},
    {"manifest.advice.security_version", "/Packages/p/Sim/SecurityVersion",
     R"({"Packages": {"p": {"Sim": {"Measurement": "$H", "SecurityVersion": ^0}}}, $M})",
     R"({"Packages": {"p": {"Sim": {"Measurement": "$H", "SecurityVersion": 1}}}, $M})"},
    {"manifest.advice.tcb_status", "/Packages/p/AcceptedTCBStatuses/0",
     R"({"Packages": {"p": {"UniqueID": "$H", "AcceptedTCBStatuses": [^"SwHardeningNeeded"]}}, $M})",
     R"({"Packages": {"p": {"UniqueID": "$H", "AcceptedTCBStatuses": ["SWHardeningNeeded"]}}, $M})"},
    {"manifest.advice.advisory", "/Packages/p/AcceptedAdvisories/0",
     R"({"Packages": {"p": {"UniqueID": "$H", "AcceptedAdvisories": [^"SA-00615"]}}, $M})",
     R"({"Packages": {"p": {"UniqueID": "$H", "AcceptedAdvisories": ["intel-sa-00615"]}}, $M})"},
    {"manifest.advice.no_status", "/Packages/p/AcceptedTCBStatuses",
     R"({"Packages": {"p": {"AcceptedTCBStatuses": ^["UpToDate"],
         "SNP": {"Measurement": "$G", "MinimumTCB": {"Milan": {"SNP": 8}}}}}, $M})",
     R"({"Packages": {"p": {"SNP": {"Measurement": "$G", "MinimumTCB": {"Milan": {"SNP": 8}}}}}, $M})"},
    {"manifest.advice.minimum_tcb", "/Packages/p/SNP", R"({"Packages": {"p": {"SNP": ^{"Measurement": "$G"}}}, $M})",
     R"({"Packages": {"p": {"SNP": {"Measurement": "$G", "MinimumTCB": {"Genoa": {}}}}}, $M})"},
    {"manifest.advice.rtmr", "/Packages/p/TDX", R"({"Packages": {"p": {"TDX": ^{"MRTD": "$G"}}}, $M})",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "RTMR2": "$G"}}}, $M})"},
    {"manifest.advice.tcb_status", "/Packages/p/Alternatives/0/AcceptedTCBStatuses/0",
     R"({"Packages": {"p": {"UniqueID": "$H",
         "Alternatives": [{"UniqueID": "$H", "AcceptedTCBStatuses": [^"outofdate"]}]}}, $M})",
     R"({"Packages": {"p": {"UniqueID": "$H",
         "Alternatives": [{"UniqueID": "$H", "AcceptedTCBStatuses": ["OutOfDate"]}]}}, $M})"},
    {"manifest.advice.unused_role", "/Roles/r", R"({$P, $M, "Roles": {"r": ^{"ResourceType": "Manifest"}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Manifest"}},
         "Users": {"u": {"Certificate": "$A", "Roles": ["r"]}}})"},
    {"manifest.advice.secret_size", "/Secrets/s",
     R"({$P, $M, "Secrets": {"s": ^{"Type": "symmetric-key", "UserDefined": true}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "UserDefined": true, "Size": 8}}})"},
    {"manifest.advice.pasted_secret", "/Secrets/s/Private",
     R"({$P, $M, "Secrets": {"s": {"Type": "plain", "UserDefined": true, "Private": ^"AQI="}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "plain", "UserDefined": true, "Private": ""}}})"},
    {"manifest.advice.pasted_secret", "/Users/u/Certificate",
     R"({$P, $M, "Users": {"u": {"Certificate": ^"$A-----BEGIN PRIVATE KEY-----"}}})",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A"}}})"},
    {"manifest.advice.placeholder", "/Marbles/m/Parameters/Env/C",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "AllowedNames": [],
         "Parameters": {"Env": {"C": ^"a $$root_ca $$rot_ca"}}}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "AllowedNames": [],
         "Parameters": {"Env": {"C": "$$$root_cafe $$ $$1 $${X} $$-a $$marble_key$$seal_key$$marble_cert"}}}}})"},
    {"manifest.advice.placeholder", "/Marbles/m/Parameters/Files/f/Data",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "AllowedNames": [],
         "Parameters": {"Files": {"f": {"Data": ^"$$root_ca$$rootca"}}}}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "AllowedNames": [],
         "Parameters": {"Files": {"f": {"Data": "$$rootca", "NoTemplates": true},
                                  "g": {"Data": "JCRvdGhlcg==", "Encoding": "base64"}}}}}})"},
    {"manifest.secret.preset_ignored", "/Secrets/s",
     R"({$P, $M, "Secrets": {"s": ^{"Type": "symmetric-key", "Size": 8, "Public": "AQ=="}}})", R"({$P, $M})"},
};

TEST(Advice, OnPlaceholdersQuotesOnlyWhatNearlyIsOne) {
  const auto message = [](const std::string& value) {
    const Outcome outcome = Load(AsBytes(R"({"Packages": {"p": {"Sim": {"Measurement": ")" + std::string(64, 'a') +
                                         R"(", "SecurityVersion": 1}}}, "Marbles": {"m": {"Package": "p",
        "CertificateValidity": 1, "Parameters": {"Env": {"C": ")" +
                                         value + R"("}}}}})"));
    return outcome.warnings.size() == 1 ? outcome.warnings.front().message : "";
  };
  EXPECT_THAT(message("$$rot_ca"), ::testing::HasSubstr("`$$rot_ca` is no placeholder"));
  EXPECT_THAT(message("$$rot_ca"), ::testing::HasSubstr("did you mean `$$root_ca`?"));
  EXPECT_THAT(message("pa$$word"), ::testing::AllOf(::testing::HasSubstr("`$$marble_key` and `$$seal_key`"),
                                                    ::testing::Not(::testing::HasSubstr("$$word"))));
}

TEST(Advice, IsGivenWhereItAppliesOnly) {
  for (const Advice& a : kAdvice) {
    const MarkedText document(a.given);
    const Outcome given = Load(document.bytes());
    EXPECT_TRUE(given.manifest) << a.given;
    ASSERT_EQ(given.warnings.size(), 1U) << a.given << (given.warnings.empty() ? "" : given.warnings[0].ToString());
    const Problem& p = given.warnings.front();
    EXPECT_EQ(p.reason, a.reason);
    EXPECT_EQ(p.pointer, a.pointer);
    EXPECT_EQ((Position{p.line, p.column}), document.mark()) << p.ToString();
    const Outcome not_given = Load(MarkedText(a.not_given).bytes());
    EXPECT_TRUE(not_given.warnings.empty()) << not_given.warnings[0].ToString();
  }
}

bool LooksPasted(std::string_view file_value) {
  const std::string text = R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 1, "AllowedNames": [],
      "Parameters": {"Files": {"f": )" +
                           std::string(file_value) + "}}}}}";
  const MarkedText document(text);
  const Outcome outcome = Load(document.bytes());
  EXPECT_TRUE(outcome.manifest) << file_value;
  for (const Problem& p : outcome.warnings) EXPECT_EQ(p.reason, "manifest.advice.pasted_secret") << p.ToString();
  return !outcome.warnings.empty();
}

TEST(Advice, RecognisesPastedSecrets) {
  EXPECT_TRUE(LooksPasted(R"("-----BEGIN RSA PRIVATE KEY-----\nMIIE")"));
  EXPECT_TRUE(LooksPasted(R"("key=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")"));
  EXPECT_TRUE(LooksPasted(R"("token: Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISUpLTE1OT1BRUlNUVVZX")"));
  EXPECT_TRUE(LooksPasted(R"("{{ x }} Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZkdISUpLTE1OT1BRUlNUVVZX")"));
  EXPECT_TRUE(LooksPasted(R"({"Data": "9f86d081884c7d659a2feaa0c55ad015", "Encoding": "hex"})"));
}

TEST(Advice, DoesNotTakeOrdinaryTextForSecrets) {
  EXPECT_FALSE(LooksPasted(R"("$A")"));  // a certificate
  EXPECT_FALSE(LooksPasted(R"("$R$E")"));
  EXPECT_FALSE(LooksPasted(R"("{{ raw .Secrets.averyveryverylongNAMEofasecretwith1234567890digits }}")"));
  EXPECT_FALSE(LooksPasted(R"("/usr/lib/x86_64-linux-gnu/libexample.so")"));
  EXPECT_FALSE(LooksPasted(R"("00000000000000000000000000000000000000000000000000")"));
  EXPECT_FALSE(LooksPasted(R"({"Data": "aGVsbG8gd29ybGQgIQ==", "Encoding": "base64"})"));
  EXPECT_FALSE(LooksPasted(R"("a plain sentence, with_some_longish_identifier_names_and-dashes-in-it")"));
}

}  // namespace
}  // namespace steelie::manifest
