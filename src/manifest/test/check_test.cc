#include "manifest/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

// One rule: a document that breaks it alone, at the mark, and one that keeps it.
struct Rule {
  std::string_view name;
  std::string_view reason;
  std::string_view pointer;
  std::string_view text;  // part of the message
  std::string_view fails;
  std::string_view passes;
};

std::string Dump(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& p : problems) out += p.ToString() + "\n";
  return out;
}

constexpr Rule kRules[] = {
    {"NoPackages", "manifest.package.none", "/Packages", "no packages", R"({"Packages": ^{}, $M})", R"({$P, $M})"},
    {"NoMarbles", "manifest.marble.none", "/Marbles", "no marbles", R"({$P, "Marbles": ^{}})", R"({$P, $M})"},
    {"UnknownPackage", "manifest.package.unknown", "/Marbles/m/Package", "manifest does not contain marble package q",
     R"({$P, "Marbles": {"m": {"Package": ^"q"}}})", R"({$P, "Marbles": {"m": {"Package": "p"}}})"},
    {"MissingPackage", "manifest.package.unknown", "/Marbles/m", "manifest does not contain marble package",
     R"({$P, "Marbles": {"m": ^{}}})", R"({$P, $M})"},
    {"Overspecified", "manifest.package.overspecified", "/Packages/p/UniqueID",
     "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package p",
     R"({"Packages": {"p": {"UniqueID": ^"$H", "ProductID": 0}}, $M})",
     R"({"Packages": {"p": {"UniqueID": "$H"}}, $M})"},
    {"NoSigner", "manifest.package.incomplete", "/Packages/p", "manifest misses value for SignerID in package p",
     R"({"Packages": {"p": ^{"ProductID": 1, "SecurityVersion": 1}}, $M})",
     R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 1, "SecurityVersion": 1}}, $M})"},
    {"NoProduct", "manifest.package.incomplete", "/Packages/p", "manifest misses value for ProductID in package p",
     R"({"Packages": {"p": ^{"SignerID": "$H", "SecurityVersion": 1}}, $M})", R"({$P, $M})"},
    {"NoVersion", "manifest.package.incomplete", "/Packages/p/SecurityVersion",
     "manifest misses value for SecurityVersion in package p",
     R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 0, "SecurityVersion": ^null}}, $M})", R"({$P, $M})"},
    {"SimMixed", "manifest.package.mixed", "/Packages/p/Sim", "for one platform",
     R"({"Packages": {"p": {"SignerID": "$H", "Sim": ^{"Measurement": "$H"}}}, $M})",
     R"({"Packages": {"p": {"SignerID": "", "Sim": {"Measurement": "$H"}}}, $M})"},
    {"SimMixedWithStatuses", "manifest.package.mixed", "/Packages/p/Sim", "for one platform",
     R"({"Packages": {"p": {"AcceptedTCBStatuses": ["UpToDate"], "Sim": ^{"Measurement": "$H"}}}, $M})",
     R"({"Packages": {"p": {"AcceptedTCBStatuses": null, "Sim": {"Measurement": "$H"}}}, $M})"},
    {"SimIncomplete", "manifest.package.sim_incomplete", "/Packages/p/Sim", "`Measurement`",
     R"({"Packages": {"p": {"Sim": ^{"SignerID": "$H", "ProductID": 1}}}, $M})",
     R"({"Packages": {"p": {"Sim": {"SignerID": "$H", "ProductID": 1, "SecurityVersion": 1}}}, $M})"},
    {"TdxMixed", "manifest.package.mixed", "/Packages/p/TDX", "for one platform",
     R"({"Packages": {"p": {"SecurityVersion": 1, "TDX": ^{"MRTD": "$G"}}}, $M})",
     R"({"Packages": {"p": {"AcceptedTCBStatuses": ["OutOfDate"], "TDX": {"MRTD": "$G"}}}, $M})"},
    {"TwoSections", "manifest.package.mixed", "/Packages/p/TDX", "several of",
     R"({"Packages": {"p": {"TDX": ^{"MRTD": "$G"}, "SNP": {"Measurement": "$G"}}}, $M})",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G"}, "Alternatives": [{"SNP": {"Measurement": "$G"}}]}}, $M})"},
    {"TdxIncomplete", "manifest.package.tdx_incomplete", "/Packages/p/TDX", "`MRTD`",
     R"({"Packages": {"p": {"TDX": ^{"RTMR0": "$G"}}}, $M})", R"({"Packages": {"p": {"TDX": {"Debug": true}}}, $M})"},
    {"TdxMaskAlone", "manifest.package.mask", "/Packages/p/TDX/XFAMMask", "give `XFAM`",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "XFAMMask": ^"ff00000000000000"}}}, $M})",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "XFAM": "0200000000000000", "XFAMMask": "ff00000000000000"}}}, $M})"},
    {"TdxBitsOutsideMask", "manifest.package.mask", "/Packages/p/TDX/Attributes", "leaves out",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "Attributes": ^"0000001000000000", "AttributesMask": "ff00000000000000"}}}, $M})",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "Attributes": "0000001000000000"}}}, $M})"},
    {"TdxDebugContradicts", "manifest.package.attributes", "/Packages/p/TDX/Attributes", "DEBUG",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "Attributes": ^"0100001000000000"}}}, $M})",
     R"({"Packages": {"p": {"TDX": {"MRTD": "$G", "Attributes": "0100001000000000", "Debug": true}}}, $M})"},
    {"SnpIncomplete", "manifest.package.snp_incomplete", "/Packages/p/SNP", "`Measurement`",
     R"({"Packages": {"p": {"SNP": ^{"GuestSVN": 1}}}, $M})",
     R"({"Packages": {"p": {"SNP": {"IDKeyDigest": "$G"}}}, $M})"},
    {"AlternativeIncomplete", "manifest.package.incomplete", "/Packages/p/Alternatives/1/SecurityVersion",
     "manifest misses value for SecurityVersion",
     R"({"Packages": {"p": {"UniqueID": "$H", "Alternatives": [{"UniqueID": "$H"},
         {"SignerID": "$H", "ProductID": 1, "SecurityVersion": ^null}]}}, $M})",
     R"({"Packages": {"p": {"UniqueID": "$H", "Alternatives": [{"UniqueID": "$H"}]}}, $M})"},
    {"UnknownTag", "manifest.marble.tls_tag", "/Marbles/m/TLS/1", "TLS tag b",
     R"({$P, "Marbles": {"m": {"Package": "p", "TLS": ["a", ^"b"]}}, "TLS": {"a": {}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "TLS": ["a"]}}, "TLS": {"a": {}}})"},
    {"LongValidity", "manifest.marble.certificate_validity", "/Marbles/m/CertificateValidity", "2880001",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": ^2880001}}})",
     R"({$P, "Marbles": {"m": {"Package": "p", "CertificateValidity": 2880000}}})"},
    {"IncomingPort", "manifest.tls.incoming_port", "/TLS/t/Incoming/0", "no `Port`",
     R"({$P, $M, "TLS": {"t": {"Incoming": [^{}]}}})", R"({$P, $M, "TLS": {"t": {"Incoming": [{"Port": "1"}]}}})"},
    {"IncomingCertUnknown", "manifest.tls.cert_unknown", "/TLS/t/Incoming/0/Cert", "did you mean `serverKey`",
     R"({$P, $M, "Secrets": {"serverKey": {"Type": "cert-ed25519"}},
         "TLS": {"t": {"Incoming": [{"Port": "1", "Cert": ^"severKey", "DisableClientAuth": true}]}}})",
     R"({$P, $M, "Secrets": {"serverKey": {"Type": "cert-ed25519"}},
         "TLS": {"t": {"Incoming": [{"Port": "1", "Cert": "serverKey", "DisableClientAuth": true}]}}})"},
    {"IncomingClientAuth", "manifest.tls.client_auth", "/TLS/t/Incoming/0/Cert", "`DisableClientAuth`",
     R"({$P, $M, "Secrets": {"k": {"Type": "cert-ed25519"}},
         "TLS": {"t": {"Incoming": [{"Port": "1", "Cert": ^"k"}]}}})",
     R"({$P, $M, "TLS": {"t": {"Incoming": [{"Port": "1"}]}}})"},
    {"IncomingNoCert", "manifest.tls.cert_missing", "/TLS/t/Incoming/0/DisableClientAuth", "no `Cert`",
     R"({$P, $M, "TLS": {"t": {"Incoming": [{"Port": "1", "DisableClientAuth": ^true}]}}})",
     R"({$P, $M, "TLS": {"t": {"Incoming": [{"Port": "1", "DisableClientAuth": false}]}}})"},
    {"OutgoingAddr", "manifest.tls.outgoing_addr", "/TLS/t/Outgoing/0/Addr", "no `Addr`",
     R"({$P, $M, "TLS": {"t": {"Outgoing": [{"Port": "1", "Addr": ^""}]}}})",
     R"({$P, $M, "TLS": {"t": {"Outgoing": [{"Port": "1", "Addr": "a"}]}}})"},
    {"OutgoingPort", "manifest.tls.outgoing_port", "/TLS/t/Outgoing/0", "no `Port`",
     R"({$P, $M, "TLS": {"t": {"Outgoing": [^{"Addr": "a"}]}}})",
     R"({$P, $M, "TLS": {"t": {"Outgoing": [{"Port": "1", "Addr": "a"}]}}})"},
    {"NoCertificate", "manifest.user.no_certificate", "/Users/u", "manifest does not contain a certificate for user u",
     R"({$P, $M, "Users": {"u": ^{}}})", R"({$P, $M, "Users": {"u": {"Certificate": "$A"}}})"},
    {"UnknownRole", "manifest.user.role", "/Users/u/Roles/0",
     "manifest specifies role r for user u, but role does not exist",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A", "Roles": [^"r"]}}})",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A", "Roles": []}}})"},
    {"SameCertificate", "manifest.user.same_certificate", "/Users/v/Certificate",
     "manifest contains the same certificate for users u and v",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A"}, "v": {"Certificate": ^"$A"}}})",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A"}, "v": {"Certificate": "$B"}}})"},
    {"SameCertificateOtherText", "manifest.user.same_certificate", "/Users/v/Certificate", "users u and v",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A"}, "v": {"Certificate": ^"text before\n$A"}}})",
     R"({$P, $M, "Users": {"u": {"Certificate": "$A"}, "v": {"Certificate": "text before\n$B"}}})"},
    {"BadCertificate", "manifest.user.certificate", "/Users/u/Certificate", "received invalid certificate for user u",
     R"({$P, $M, "Users": {"u": {"Certificate": ^"$E"}}})", R"({$P, $M, "Users": {"u": {"Certificate": "$A"}}})"},
    {"NoPemCertificate", "manifest.user.certificate", "/Users/u/Certificate", "received invalid certificate for user u",
     R"({$P, $M, "Users": {"u": {"Certificate": ^"none"}}})", R"({$P, $M, "Users": {"u": {"Certificate": "$A"}}})"},
    {"ResourceType", "manifest.role.resource_type", "/Roles/r/ResourceType", "unrecognized resource type: packages",
     R"({$P, $M, "Roles": {"r": {"ResourceType": ^"packages"}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Packages"}}})"},
    {"NoResourceType", "manifest.role.resource_type", "/Roles/r", "unrecognized resource type: ",
     R"({$P, $M, "Roles": {"r": ^null}})", R"({$P, $M, "Roles": {"r": {"ResourceType": "Packages"}}})"},
    {"PackageResource", "manifest.role.resource", "/Roles/r/ResourceNames/0",
     "role r: resource q of type Packages is not defined in manifest",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Packages", "ResourceNames": [^"q"]}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Packages", "ResourceNames": ["p"]}}})"},
    {"PackageAction", "manifest.role.action", "/Roles/r/Actions/0",
     "unknown action: ReadSecret for type Packages in role: r",
     R"({$P, $M, "Roles": {"r": {"Actions": [^"ReadSecret"], "ResourceType": "Packages"}}})",
     R"({$P, $M, "Roles": {"r": {"Actions": ["updatesecurityVERSION"], "ResourceType": "Packages"}}})"},
    {"SecretAction", "manifest.role.action", "/Roles/r/Actions/1",
     "unknown action: ReadSecrets for type Secrets in role: r",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Secrets", "Actions": ["ReadSecret", ^"ReadSecrets"]}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Secrets", "Actions": ["readsecret", "WRITESECRET"]}}})"},
    {"SecretResource", "manifest.role.resource", "/Roles/r/ResourceNames/0",
     "role r: resource s of type Secrets is not defined in manifest",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": [^"s"]}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "plain", "UserDefined": true}},
         "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": ["s"]}}})"},
    {"WriteGenerated", "manifest.role.write", "/Roles/r/ResourceNames/0",
     "manifest specifies write permission for role r and secret s, but secret is not user-defined",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 128, "Shared": true}},
         "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": [^"s"], "Actions": ["WriteSecret"]}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 128, "UserDefined": true}},
         "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": ["s"], "Actions": ["WriteSecret"]}}})"},
    {"ReadUnshared", "manifest.role.read", "/Roles/r/ResourceNames/0",
     "manifest specifies read permission for role r and per-marble-unique secret s",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 128}},
         "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": [^"s"], "Actions": ["ReadSecret"]}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 128, "Shared": true}},
         "Roles": {"r": {"ResourceType": "Secrets", "ResourceNames": ["s"], "Actions": ["ReadSecret"]}}})"},
    {"ManifestResource", "manifest.role.resource_names", "/Roles/r/ResourceNames",
     "role r: resource names are not allowed for type Manifest",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Manifest", "ResourceNames": ^["p"]}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Manifest", "ResourceNames": []}}})"},
    {"ManifestAction", "manifest.role.action", "/Roles/r/Actions/0",
     "unknown action: UpdateSecurityVersion for type Manifest in role: r",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Manifest", "Actions": [^"UpdateSecurityVersion"]}}})",
     R"({$P, $M, "Roles": {"r": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}}})"},
    {"SecretType", "manifest.secret.type", "/Secrets/s/Type", "did you mean `symmetric-key`?",
     R"({$P, $M, "Secrets": {"s": {"Type": ^"symmetric_key"}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 8}}})"},
    {"SecretTypeRaw", "manifest.secret.type", "/Secrets/s/Type", "`symmetric-key`",
     R"({$P, $M, "Secrets": {"s": {"Type": ^"raw", "Size": 128}}})", R"({$P, $M})"},
    {"SecretWithoutType", "manifest.secret.type", "/Secrets/s", "no `Type`", R"({$P, $M, "Secrets": {"s": ^{}}})",
     R"({$P, $M})"},
    {"Lifetime", "manifest.secret.lifetime", "/Secrets/s/ValidFor", "both Cert.NotAfter and ValidFor",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "UserDefined": true, "ValidFor": ^7,
         "Cert": {"NotAfter": "2030-01-01T00:00:00Z"}}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "UserDefined": true, "ValidFor": 7,
         "Cert": {"NotAfter": "0001-01-01T00:00:00Z"}}}})"},
    {"LongValidFor", "manifest.secret.valid_for", "/Secrets/s/ValidFor", "18446744073709551615",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "ValidFor": ^18446744073709551615}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "ValidFor": 365}}})"},
    {"PlainGenerated", "manifest.secret.plain", "/Secrets/s/Type", "`UserDefined`",
     R"({$P, $M, "Secrets": {"s": {"Type": ^"plain"}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "plain", "UserDefined": true}}})"},
    {"KeySizeZero", "manifest.secret.size", "/Secrets/s", "multiple of 8",
     R"({$P, $M, "Secrets": {"s": ^{"Type": "symmetric-key"}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 8}}})"},
    {"KeySizeOdd", "manifest.secret.size", "/Secrets/s/Size", "multiple of 8",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": ^129}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 128}}})"},
    {"KeySizeDerived", "manifest.secret.size", "/Secrets/s/Size", "at most 65280",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": ^65288}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Size": 65280}}})"},
    {"KeySizeShared", "manifest.secret.size", "/Secrets/s/Size", "at most 8388608",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Shared": true, "Size": ^18446744073709551608}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "symmetric-key", "Shared": true, "Size": 8388608}}})"},
    {"RsaSize", "manifest.secret.size", "/Secrets/s/Size", "1024 to 16384",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-rsa", "Size": ^1023}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-rsa", "Size": 1024}}})"},
    {"EcdsaSize", "manifest.secret.size", "/Secrets/s/Size", "224, 256, 384 or 521",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ecdsa", "Size": ^512}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ecdsa", "Size": 521}}})"},
    {"Ed25519Size", "manifest.secret.size", "/Secrets/s/Size", "0 or absent",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "Size": ^256}}})",
     R"({$P, $M, "Secrets": {"s": {"Type": "cert-ed25519", "Size": 0}}})"},
    {"UpdateThreshold", "manifest.config.update_threshold", "/Config/UpdateThreshold",
     "not enough users with manifest update permissions (1) to meet the threshold of 2",
     R"({$P, $M, "Config": {"UpdateThreshold": ^2}, "Roles": {"r": {"ResourceType": "Manifest",
         "Actions": ["UpdateManifest"]}, "s": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}},
         "Users": {"u": {"Certificate": "$A", "Roles": ["r", "s"]}, "v": {"Certificate": "$B"}}})",
     R"({$P, $M, "Config": {"UpdateThreshold": 2}, "Roles": {"r": {"ResourceType": "Manifest",
         "Actions": ["UpdateManifest"]}},
         "Users": {"u": {"Certificate": "$A", "Roles": ["r"]}, "v": {"Certificate": "$B", "Roles": ["r"]}}})"},
    {"SealMode", "manifest.config.seal_mode", "/Config/SealMode", "did you mean `ProductKey`?",
     R"({$P, $M, "Config": {"SealMode": ^"productKey"}})", R"({$P, $M, "Config": {"SealMode": "ProductKey"}})"},
    {"FeatureGate", "manifest.config.feature_gate", "/Config/FeatureGates/1", "did you mean `MonotonicCounter`?",
     R"({$P, $M, "Config": {"FeatureGates": ["signquoteendpoint", ^"MonotonicCounters"]}})",
     R"({$P, $M, "Config": {"FeatureGates": ["signquoteendpoint", "MonotonicCounter", "MONOTONICcounter"]}})"},
    {"AzureGate", "manifest.config.unsupported_gate", "/Config/FeatureGates/0", "not supported",
     R"({$P, $M, "Config": {"FeatureGates": [^"AzureHSMSealing"]}})", R"({$P, $M, "Config": {"FeatureGates": []}})"},
    {"RecoveryThreshold", "manifest.config.recovery_threshold", "/Config/RecoveryThreshold",
     "not enough recovery keys (1) defined to meet the recovery threshold of 2",
     R"({$P, $M, "RecoveryKeys": {"k": "$R"}, "Config": {"RecoveryThreshold": ^2}})",
     R"({$P, $M, "RecoveryKeys": {"k": "$R", "l": "$R"}, "Config": {"RecoveryThreshold": 2}})"},
    {"RecoveryThresholdOne", "manifest.config.recovery_threshold_one", "/Config/RecoveryThreshold",
     "invalid recovery threshold: if set, threshold must be at least 2",
     R"({$P, $M, "RecoveryKeys": {"k": "$R"}, "Config": {"RecoveryThreshold": ^1}})",
     R"({$P, $M, "RecoveryKeys": {"k": "$R"}, "Config": {"RecoveryThreshold": 0}})"},
    {"RecoveryKeyPem", "manifest.recovery_key.pem", "/RecoveryKeys/k", "found none",
     R"({$P, $M, "RecoveryKeys": {"k": ^"key"}})", R"({$P, $M, "RecoveryKeys": {"k": "$R"}})"},
    {"RecoveryKeyPkcs1", "manifest.recovery_key.pem", "/RecoveryKeys/k", "`RSA PUBLIC KEY`",
     R"({$P, $M, "RecoveryKeys": {"k": ^"$Q"}})", R"({$P, $M, "RecoveryKeys": {"k": "$R"}})"},
    {"RecoveryKeyNotPkix", "manifest.recovery_key.key", "/RecoveryKeys/k", "not a public key",
     R"({$P, $M, "RecoveryKeys": {"k": ^"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"}})",
     R"({$P, $M, "RecoveryKeys": {"k": "$R"}})"},
    {"RecoveryKeyEc", "manifest.recovery_key.kind", "/RecoveryKeys/k", "expected an RSA key",
     R"({$P, $M, "RecoveryKeys": {"k": ^"$E"}})", R"({$P, $M, "RecoveryKeys": {"k": "$R"}})"},
    {"RecoveryKeyShort", "manifest.recovery_key.bits", "/RecoveryKeys/k", "found 1024",
     R"({$P, $M, "RecoveryKeys": {"k": ^"$S"}})", R"({$P, $M, "RecoveryKeys": {"k": "$R"}})"},
};

class CheckRule : public ::testing::TestWithParam<Rule> {};

TEST_P(CheckRule, RefusesWhatBreaksItAlone) {
  const MarkedText document(GetParam().fails);
  const Outcome outcome = Load(document.bytes());
  EXPECT_FALSE(outcome.manifest);
  ASSERT_EQ(outcome.errors.size(), 1U) << Dump(outcome.errors);
  const Problem& problem = outcome.errors.front();
  EXPECT_EQ(problem.reason, GetParam().reason);
  EXPECT_EQ(problem.pointer, GetParam().pointer);
  EXPECT_THAT(problem.message, ::testing::HasSubstr(std::string(GetParam().text)));
  EXPECT_EQ((Position{problem.line, problem.column}), document.mark()) << problem.ToString();
}

TEST_P(CheckRule, AcceptsWhatKeepsIt) {
  const MarkedText document(GetParam().passes);
  const Outcome outcome = Load(document.bytes());
  EXPECT_TRUE(outcome.manifest);
  EXPECT_EQ(Dump(outcome.errors), "");
}

INSTANTIATE_TEST_SUITE_P(Rules, CheckRule, ::testing::ValuesIn(kRules),
                         [](const auto& rule) { return std::string(rule.param.name); });

TEST(Check, FindsNothingToRefuseOrWarnOfInAMinimalManifest) {
  const Outcome outcome = Load(MarkedText("{$P, $M}").bytes());
  EXPECT_TRUE(outcome.manifest);
  EXPECT_EQ(Dump(outcome.errors), "");
  EXPECT_EQ(Dump(outcome.warnings), "");
}

TEST(Check, ReportsAllProblemsOfBothPassesInDocumentOrder) {
  const Outcome outcome = Load(MarkedText(R"({
  "Marbles": {"a": {"Package": "x"}, "b": {"Package": "p", "MaxActivations": -1}},
  "Secrets": {"s": {"Type": "cert-ecdsa", "Size": 1}},
  $P,
  "Config": {"SealMode": "Never"},
  "Extra": 1
})")
                                   .bytes());
  std::vector<std::string> reasons;
  std::vector<std::size_t> lines;
  for (const Problem& p : outcome.errors) {
    reasons.push_back(p.reason);
    lines.push_back(p.line);
  }
  EXPECT_THAT(reasons, ::testing::ElementsAre("manifest.package.unknown", "manifest.field.type", "manifest.secret.size",
                                              "manifest.config.seal_mode", "manifest.field.unknown"));
  EXPECT_THAT(lines, ::testing::ElementsAre(2, 2, 3, 5, 6));
}

TEST(Check, LeavesOutWhatWouldOnlyBeAConsequence) {
  // The misspelt field is the cause; that ProductID is missing follows from it.
  const Outcome outcome = Load(MarkedText(R"({"Packages": {"p": {"SignerID": "$H", "ProdcutID": 1,
      "SecurityVersion": 1}}, $M})")
                                   .bytes());
  ASSERT_EQ(outcome.errors.size(), 1U) << Dump(outcome.errors);
  EXPECT_EQ(outcome.errors.front().reason, "manifest.field.unknown");
  EXPECT_THAT(outcome.errors.front().message, ::testing::HasSubstr("did you mean `ProductID`?"));
}

TEST(Check, DebugPackagesMayBeIncomplete) {
  const Outcome outcome = Load(MarkedText(R"({"Packages": {"p": {"Debug": true}, "q": {"Debug": true,
      "UniqueID": "$H", "ProductID": 1}, "s": {"Sim": {"Debug": true}}}, "Marbles": {"m": {"Package": "p"},
      "n": {"Package": "q"}, "o": {"Package": "s"}}})")
                                   .bytes());
  EXPECT_TRUE(outcome.manifest) << Dump(outcome.errors);
  const std::string warnings = Dump(outcome.warnings);
  EXPECT_THAT(warnings, ::testing::HasSubstr("manifest.package.incomplete"));
  EXPECT_THAT(warnings, ::testing::HasSubstr("manifest.package.overspecified"));
  EXPECT_THAT(warnings, ::testing::HasSubstr("manifest.package.sim_incomplete"));
}

TEST(Check, DoesNotJudgePackagesThatNobodyUses) {
  const Outcome outcome = Load(MarkedText(R"({"Packages": {"p": {"UniqueID": "$H"}, "q": {}}, $M})").bytes());
  EXPECT_TRUE(outcome.manifest) << Dump(outcome.errors);
}

TEST(Check, SpellsPointersAsTheDocumentDoes) {
  const Outcome outcome = Load(MarkedText(R"({$P, "MARBLE\u017f": {"a/b": {"package": "q"}}})").bytes());
  ASSERT_EQ(outcome.errors.size(), 1U) << Dump(outcome.errors);
  EXPECT_EQ(outcome.errors.front().pointer, "/MARBLE\u017f/a~1b/package");
}

TEST(Check, WorksWithoutADocument) {
  Manifest m;
  m.packages["p"].debug = true;
  m.marbles["m"].package = "q";
  const Verdict verdict = Check(m);
  ASSERT_EQ(verdict.errors.size(), 1U);
  EXPECT_EQ(verdict.errors[0].pointer, "/Marbles/m/Package");
  EXPECT_EQ(verdict.errors[0].line, 0U);
}

TEST(Check, ThresholdSharesAreLimitedTo255Keys) {
  const auto with_keys = [](int keys, int threshold) {
    std::string text =
        "{$P, $M, \"Config\": {\"RecoveryThreshold\": " + std::to_string(threshold) + "}, \"RecoveryKeys\": {";
    for (int i = 0; i < keys; ++i) text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\": \"$R\"";
    return Load(MarkedText(text + "}}").bytes());
  };
  EXPECT_TRUE(with_keys(255, 2).manifest);
  EXPECT_TRUE(with_keys(256, 0).manifest);
  EXPECT_TRUE(with_keys(256, 256).manifest);
  const Outcome outcome = with_keys(256, 2);
  ASSERT_EQ(outcome.errors.size(), 1U) << Dump(outcome.errors);
  EXPECT_EQ(outcome.errors[0].reason, "manifest.recovery_key.count");
  EXPECT_EQ(outcome.errors[0].pointer, "/RecoveryKeys");
}

TEST(Check, BoundsTheNumberOfProblems) {
  std::string marbles;
  for (int i = 0; i < 3000; ++i) marbles += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\": {\"Package\": \"q\"}";
  const Outcome outcome = Load(MarkedText("{$P, \"Marbles\": {" + marbles + "}}").bytes());
  ASSERT_EQ(outcome.errors.size(), kMaxProblems + 1);
  EXPECT_EQ(outcome.errors.back().reason, "manifest.too_many_problems");
}

}  // namespace
}  // namespace steelie::manifest
