#include "manifest/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/check.h"
#include "manifest/fingerprint.h"
#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Dump(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& p : problems) out += p.ToString() + "\n";
  return out;
}

Manifest Read(std::string_view text) {
  Outcome outcome = Parse(MarkedText(text).bytes());
  EXPECT_TRUE(outcome.manifest) << Dump(outcome.errors);
  return outcome.manifest ? std::move(*outcome.manifest) : Manifest{};
}

// A document that is wrong at the mark, and nowhere else.
struct Case {
  std::string_view reason;
  std::string_view pointer;
  std::string_view text;
  std::string_view document;
};

constexpr Case kErrors[] = {
    {"manifest.document.type", "", "found a list", "^[]"},
    {"manifest.document.type", "", "found a string", "^\"x\""},
    {"manifest.json.duplicate_key", "/Packages", "more than once", R"({"Packages": {}, ^"Packages": {}})"},
    {"manifest.json.duplicate_key", "/packages", "`packages`", R"({"Packages": {}, ^"packages": {}})"},
    {"manifest.json.duplicate_key", "/Packages/a", "more than once", R"({"Packages": {"a": {}, ^"a": {}}})"},
    {"manifest.json.duplicate_key", "/Config/SEALMODE", "given twice",
     R"({"Config": {"SealMode": "", ^"SEALMODE": ""}})"},
    {"manifest.json.duplicate_key", "/Marbles/m/Parameters/Env/A", "more than once",
     R"({"Marbles": {"m": {"Parameters": {"Env": {"A": "", ^"A": ""}}}}})"},
    {"manifest.field.unknown", "/Package", "did you mean `Packages`?", R"({^"Package": {}})"},
    {"manifest.field.unknown", "/Packages/p/AcceptedAdivsories", "did you mean `AcceptedAdvisories`?",
     R"({"Packages": {"p": {^"AcceptedAdivsories": []}}})"},
    {"manifest.field.unknown", "/Packages/p/SEV", "unknown field `SEV` in a package",
     R"({"Packages": {"p": {^"SEV": {}}}})"},
    {"manifest.field.unknown", "/Packages/p/Sim/UniqueID", "simulated",
     R"({"Packages": {"p": {"Sim": {^"UniqueID": ""}}}})"},
    {"manifest.field.unknown", "/Marbles/m/Parameters/Args", "did you mean `Argv`?",
     R"({"Marbles": {"m": {"Parameters": {^"Args": []}}}})"},
    {"manifest.field.type", "/Packages", "expected an object, found a list", R"({"Packages": ^[]})"},
    {"manifest.field.type", "/Packages/p", "expected an object, found true", R"({"Packages": {"p": ^true}})"},
    {"manifest.field.type", "/Packages/p/Debug", "expected true or false, found the number 1",
     R"({"Packages": {"p": {"Debug": ^1}}})"},
    {"manifest.field.type", "/Packages/p/Debug", "found a string", R"({"Packages": {"p": {"Debug": ^"true"}}})"},
    {"manifest.field.type", "/Packages/p/UniqueID", "expected a string, found the number 5",
     R"({"Packages": {"p": {"UniqueID": ^5}}})"},
    {"manifest.field.type", "/Packages/p/ProductID", "whole number", R"({"Packages": {"p": {"ProductID": ^1.0}}})"},
    {"manifest.field.type", "/Packages/p/ProductID", "whole number", R"({"Packages": {"p": {"ProductID": ^1e2}}})"},
    {"manifest.field.type", "/Packages/p/ProductID", "whole number", R"({"Packages": {"p": {"ProductID": ^-1}}})"},
    {"manifest.field.type", "/Packages/p/ProductID", "whole number", R"({"Packages": {"p": {"ProductID": ^"1"}}})"},
    {"manifest.field.range", "/Packages/p/ProductID", "18446744073709551615",
     R"({"Packages": {"p": {"ProductID": ^18446744073709551616}}})"},
    {"manifest.field.type", "/Packages/p/AcceptedAdvisories/1", "expected a string",
     R"({"Packages": {"p": {"AcceptedAdvisories": ["INTEL-SA-00001", ^7]}}})"},
    {"manifest.package.sim_id", "/Packages/p/Sim/Measurement", "64 hex digits",
     R"({"Packages": {"p": {"Sim": {"Measurement": ^"abcd"}}}})"},
    {"manifest.package.sim_id", "/Packages/p/Sim/SignerID", "64 hex digits",
     R"({"Packages": {"p": {"Sim": {"SignerID": ^"$H00"}}}})"},
    {"manifest.package.hex", "/Packages/p/TDX/MRTD", "96 hex digits",
     R"({"Packages": {"p": {"TDX": {"MRTD": ^"$H"}}}})"},
    {"manifest.package.hex", "/Packages/p/TDX/RTMR3", "96 hex digits, found 95",
     R"({"Packages": {"p": {"TDX": {"RTMR3": ^"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeef"}}}})"},
    {"manifest.package.hex", "/Packages/p/TDX/XFAM", "16 hex digits",
     R"({"Packages": {"p": {"TDX": {"XFAM": ^"0x00000000000000"}}}})"},
    {"manifest.field.unknown", "/Packages/p/TDX/MRTF", "did you mean `MRTD`?",
     R"({"Packages": {"p": {"TDX": {^"MRTF": "$G"}}}})"},
    {"manifest.field.unknown", "/Packages/p/Alternatives/0/Alternatives", "Alternatives",
     R"({"Packages": {"p": {"Alternatives": [{^"Alternatives": []}]}}})"},
    {"manifest.field.type", "/Packages/p/Alternatives", "a list of objects",
     R"({"Packages": {"p": {"Alternatives": ^{}}}})"},
    {"manifest.field.type", "/Packages/p/Alternatives/1", "expected an object",
     R"({"Packages": {"p": {"Alternatives": [{}, ^"x"]}}})"},
    {"manifest.package.hex", "/Packages/p/SNP/Measurement", "96 hex digits",
     R"({"Packages": {"p": {"SNP": {"Measurement": ^"$Hg"}}}})"},
    {"manifest.package.hex", "/Packages/p/SNP/HostData", "64 hex digits",
     R"({"Packages": {"p": {"SNP": {"HostData": ^"$G"}}}})"},
    {"manifest.package.hex", "/Packages/p/SNP/ChipIDs", "128 hex digits",
     R"({"Packages": {"p": {"SNP": {"ChipIDs": ^["$H"]}}}})"},
    {"manifest.package.vmpl", "/Packages/p/SNP/VMPL", "0 to 3", R"({"Packages": {"p": {"SNP": {"VMPL": ^4}}}})"},
    {"manifest.package.signing_key", "/Packages/p/SNP/SigningKey", "`VLEK`",
     R"({"Packages": {"p": {"SNP": {"SigningKey": ^"vcek"}}}})"},
    {"manifest.package.product", "/Packages/p/SNP/MinimumTCB/milan", "did you mean `Milan`?",
     R"({"Packages": {"p": {"SNP": {"MinimumTCB": {"milan": ^{}}}}}})"},
    {"manifest.package.svn", "/Packages/p/SNP/MinimumTCB/Milan/SNP", "0 to 255",
     R"({"Packages": {"p": {"SNP": {"MinimumTCB": {"Milan": {"SNP": ^256}}}}}})"},
    {"manifest.package.svn", "/Packages/p/SNP/MinimumTCB/Genoa", "before Turin",
     R"({"Packages": {"p": {"SNP": {"MinimumTCB": {"Genoa": ^{"FMC": 1}}}}}})"},
    {"manifest.field.unknown", "/Packages/p/SNP/Policy/AllowDebug", "AllowDebug",
     R"({"Packages": {"p": {"SNP": {"Policy": {^"AllowDebug": true}}}}})"},
    {"manifest.field.unknown", "/Packages/p/SNP/Platform/RequireEEC", "did you mean `RequireECC`?",
     R"({"Packages": {"p": {"SNP": {"Platform": {^"RequireEEC": true}}}}})"},
    {"manifest.marble.allowed_name", "/Marbles/m/AllowedNames/0", "10.0.0.300",
     R"({"Marbles": {"m": {"AllowedNames": [^"10.0.0.300"]}}})"},
    {"manifest.file.encoding", "/Marbles/m/Parameters/Files/f", "did you mean `base64`?",
     R"({"Marbles": {"m": {"Parameters": {"Files": {"f": ^{"Encoding": "base46"}}}}}})"},
    {"manifest.file.data", "/Marbles/m/Parameters/Env/e", "odd number",
     R"({"Marbles": {"m": {"Parameters": {"Env": {"e": ^{"Data": "abc", "Encoding": "hex"}}}}}})"},
    {"manifest.file.data", "/Marbles/m/Parameters/Env/e", "illegal base64",
     R"({"Marbles": {"m": {"Parameters": {"Env": {"e": ^{"Data": "YQ", "Encoding": "base64"}}}}}})"},
    {"manifest.field.type", "/Marbles/m/Parameters/Env/e", "found null",
     R"({"Marbles": {"m": {"Parameters": {"Env": {"e": ^null}}}}})"},
    {"manifest.field.type", "/Marbles/m/Parameters/Files/a~1b~0c", "found the number 1",
     R"({"Marbles": {"m": {"Parameters": {"Files": {"a/b~c": ^1}}}}})"},
    {"manifest.field.type", "/Marbles/m/Parameters/Files/f/Data", "found a list",
     R"({"Marbles": {"m": {"Parameters": {"Files": {"f": {"Data": ^[]}}}}}})"},
    {"manifest.field.base64", "/Secrets/s/Private", "base64",
     R"({"Secrets": {"s": {"Type": "plain", "Private": ^"a b="}}})"},
    {"manifest.field.range", "/Secrets/s/Private/1", "up to 255",
     R"({"Secrets": {"s": {"Type": "plain", "Private": [0, ^256]}}})"},
    {"manifest.field.type", "/Secrets/s/Cert", "certificate template",
     R"({"Secrets": {"s": {"Type": "plain", "Cert": ^1}}})"},
    {"manifest.secret.cert_der", "/Secrets/s/Cert", "not of an X.509 certificate",
     R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": ^"MAA="}}})"},
    {"manifest.secret.cert_der", "/Secrets/s/Cert", "", R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": ^""}}})"},
    {"manifest.field.type", "/TLS/t/Incoming/0/Port", "expected a string, found the number 443",
     R"({"TLS": {"t": {"Incoming": [{"Port": ^443}]}}})"},
    {"manifest.field.type", "/RecoveryKeys/k", "expected a string", R"({"RecoveryKeys": {"k": ^{}}})"},
    {"manifest.field.type", "/Roles/r/Actions", "expected a list",
     R"({"Roles": {"r": {"ResourceType": "Secrets", "Actions": ^"ReadSecret"}}})"},
};

TEST(Parse, RefusesEachMistakeAtItsPlace) {
  for (const Case& c : kErrors) {
    const MarkedText document(c.document);
    const Outcome outcome = Parse(document.bytes());
    EXPECT_FALSE(outcome.manifest) << c.document;
    ASSERT_EQ(outcome.errors.size(), 1U) << c.document << "\n" << Dump(outcome.errors);
    const Problem& problem = outcome.errors.front();
    EXPECT_EQ(problem.reason, c.reason) << c.document;
    EXPECT_EQ(problem.pointer, c.pointer) << c.document;
    EXPECT_THAT(problem.message, HasSubstr(std::string(c.text))) << c.document;
    EXPECT_EQ((Position{problem.line, problem.column}), document.mark()) << c.document;
  }
}

constexpr Case kWarnings[] = {
    {"manifest.section.unsupported", "/Infrastructures", "not supported",
     R"({"Infrastructures": ^{"a": {"QESVN": 2}}})"},
    {"manifest.section.unsupported", "/Clients", "not supported", R"({"Clients": ^{"a": []}})"},
    {"manifest.section.unsupported", "/admins", "not supported", R"({"admins": ^{"a": ""}})"},
    {"manifest.package.id", "/Packages/p/UniqueID", "64 hex digits", R"({"Packages": {"p": {"UniqueID": ^"0"}}})"},
    {"manifest.package.id", "/Packages/p/SignerID", "64 hex digits", R"({"Packages": {"p": {"SignerID": ^"$Hx"}}})"},
    {"manifest.field.unknown", "/Secrets/s/Cert/DNSName", "did you mean `DNSNames`?",
     R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": {^"DNSName": []}}}})"},
    {"manifest.field.unknown", "/Secrets/s/Cert/Subject/DNSNames", "ignored",
     R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": {"Subject": {^"DNSNames": ["a"]}}}}})"},
    {"manifest.secret.cert_ignored", "/Secrets/s/Cert/SerialNumber", "no effect",
     R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": {"SerialNumber": ^5}}}})"},
    {"manifest.secret.cert_base64", "/Secrets/s/Cert", "counts as absent",
     R"({"Secrets": {"s": {"Type": "cert-ed25519", "Cert": ^"not base64!"}}})"},
};

TEST(Parse, WarnsOfEachDoubtAtItsPlace) {
  for (const Case& c : kWarnings) {
    const MarkedText document(c.document);
    const Outcome outcome = Parse(document.bytes());
    EXPECT_TRUE(outcome.manifest) << c.document << "\n" << Dump(outcome.errors);
    ASSERT_EQ(outcome.warnings.size(), 1U) << c.document << "\n" << Dump(outcome.warnings);
    const Problem& problem = outcome.warnings.front();
    EXPECT_EQ(problem.reason, c.reason) << c.document;
    EXPECT_EQ(problem.pointer, c.pointer) << c.document;
    EXPECT_THAT(problem.message, HasSubstr(std::string(c.text))) << c.document;
    EXPECT_EQ((Position{problem.line, problem.column}), document.mark()) << c.document;
  }
}

TEST(Parse, LenientModeOnlyWarnsOfUnknownFieldsButStillRefusesDuplicates) {
  const MarkedText unknown(R"({"Packages": {"p": {"Uniqueid2": 1}}, "Other": [{"x": []}]})");
  const Outcome outcome = Parse(unknown.bytes(), {.lenient = true});
  EXPECT_TRUE(outcome.manifest);
  ASSERT_EQ(outcome.warnings.size(), 2U);
  EXPECT_EQ(outcome.warnings[0].reason, "manifest.field.unknown");
  const MarkedText duplicate(R"({"Packages": {}, "PACKAGES": {}})");
  EXPECT_FALSE(Parse(duplicate.bytes(), {.lenient = true}).manifest);
}

TEST(Parse, NullIsAbsent) {
  const Manifest m = Read(R"({"Packages": {"p": null, "q": {"Debug": null, "UniqueID": null, "ProductID": null,
      "AcceptedAdvisories": null, "Sim": null}}, "Marbles": {"m": {"Package": null, "MaxActivations": null,
      "Parameters": null, "TLS": null, "AllowedNames": null}, "n": {"Parameters": {"Files": null, "Env": null,
      "Argv": null}}}, "Secrets": null, "Users": {"u": null}, "Roles": null, "RecoveryKeys": null, "TLS": {"t": null},
      "Config": null, "Infrastructures": null})");
  EXPECT_EQ(m.packages.size(), 2U);
  EXPECT_FALSE(m.packages.at("q").product_id);
  EXPECT_FALSE(m.packages.at("q").sim);
  EXPECT_FALSE(m.marbles.at("m").allowed_names);
  EXPECT_TRUE(m.users.contains("u"));
  EXPECT_TRUE(m.tls.contains("t"));
  EXPECT_FALSE(m.has_infrastructures);
  EXPECT_TRUE(Parse(AsBytes(std::string_view("null"))).manifest);
}

TEST(Parse, ReadsPackages) {
  const Manifest m = Read(R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 0, "securityversion":
      18446744073709551615, "AcceptedTCBStatuses": ["UpToDate"], "AcceptedAdvisories": ["INTEL-SA-00001"]},
      "s": {"Sim": {"Measurement": "$H", "SignerID": "$H", "ProductID": 3, "SecurityVersion": 4, "Debug": true}}}})");
  const Package& p = m.packages.at("p");
  EXPECT_EQ(p.signer_id, kHex64);
  EXPECT_EQ(p.product_id, 0U);
  EXPECT_EQ(p.security_version, UINT64_MAX);
  EXPECT_THAT(p.accepted_tcb_statuses, ElementsAre("UpToDate"));
  EXPECT_THAT(p.accepted_advisories, ElementsAre("INTEL-SA-00001"));
  const SimPackage& sim = *m.packages.at("s").sim;
  EXPECT_EQ(sim.measurement->size(), 32U);
  EXPECT_EQ(sim.signer_id, sim.measurement);
  EXPECT_EQ(sim.product_id, 3U);
  EXPECT_EQ(sim.security_version, 4U);
  EXPECT_TRUE(sim.debug);
}

TEST(Parse, ReadsMarbles) {
  const Manifest m = Read(R"({"Marbles": {"": {"Package": "p", "MaxActivations": 2, "TLS": ["t"],
      "DisableSecretBinding": true, "CertificateValidity": 90, "AllowedNames": [],
      "Parameters": {"Argv": ["a", "", null], "Files": {"/f": "text", "/h": {"Data": "00fF", "Encoding": "HEX",
      "NoTemplates": true}, "/b": {"Data": "YQ\n==", "Encoding": "Base64"}, "/e": {"Encoding": ""}},
      "Env": {"A=B": {"data": "x", "encoding": "String"}}}}}})");
  const Marble& marble = m.marbles.at("");
  EXPECT_EQ(marble.package, "p");
  EXPECT_EQ(marble.max_activations, 2U);
  EXPECT_THAT(marble.tls, ElementsAre("t"));
  EXPECT_TRUE(marble.disable_secret_binding);
  EXPECT_EQ(marble.certificate_validity_days, 90U);
  EXPECT_EQ(marble.allowed_names, std::vector<std::string>{});
  EXPECT_THAT(marble.parameters.argv, ElementsAre("a", "", ""));
  const auto& files = marble.parameters.files;
  EXPECT_EQ(files.at("/f"), (FileValue{.data = ToBytes("text")}));
  EXPECT_EQ(files.at("/h"), (FileValue{.data = {0, 0xff}, .encoding = Encoding::kHex, .no_templates = true}));
  EXPECT_EQ(files.at("/b"), (FileValue{.data = ToBytes("a"), .encoding = Encoding::kBase64}));
  EXPECT_EQ(files.at("/e"), FileValue{});
  EXPECT_EQ(marble.parameters.env.at("A=B"), (FileValue{.data = ToBytes("x")}));
}

TEST(Parse, ReadsSecretsUsersRolesAndTheRest) {
  const Manifest m = Read(R"({"Secrets": {"s": {"Type": "cert-rsa", "Size": 2048, "Shared": true, "UserDefined": true,
      "ValidFor": 7, "Private": "AQI=", "Public": [3, 4]}},
      "Users": {"u": {"Certificate": "pem", "Roles": ["r"]}},
      "Roles": {"r": {"Actions": ["WRITESECRET"], "ResourceNames": ["s"], "ResourceType": "Secrets"}},
      "RecoveryKeys": {"k": "pem", "n": null},
      "TLS": {"t": {"Outgoing": [{"Port": "1", "Addr": "a"}], "Incoming": [{"Port": "*", "Cert": "s",
      "DisableClientAuth": true}, null]}},
      "Config": {"SealMode": "Disabled", "FeatureGates": ["monotoniccounter", "SignQuoteEndpoint", "MonotonicCounter"],
      "UpdateThreshold": 1, "RecoveryThreshold": 2, "RotateRootSecret": true}})");
  const Secret& s = m.secrets.at("s");
  EXPECT_EQ(s.type, SecretType::kCertRsa);
  EXPECT_EQ(s.size, 2048U);
  EXPECT_TRUE(s.shared && s.user_defined);
  EXPECT_EQ(s.valid_for, 7U);
  EXPECT_EQ(s.preset_private, (Bytes{1, 2}));
  EXPECT_EQ(s.preset_public, (Bytes{3, 4}));
  EXPECT_THAT(m.users.at("u").roles, ElementsAre("r"));
  EXPECT_EQ(m.roles.at("r").resource_type, ResourceType::kSecrets);
  EXPECT_THAT(m.roles.at("r").actions, ElementsAre(Action::kWriteSecret));
  EXPECT_EQ(m.recovery_keys.at("n"), "");
  EXPECT_EQ(m.tls.at("t").outgoing.at(0).addr, "a");
  ASSERT_EQ(m.tls.at("t").incoming.size(), 2U);
  EXPECT_TRUE(m.tls.at("t").incoming[0].disable_client_auth);
  EXPECT_EQ(m.config.seal_mode, SealMode::kDisabled);
  EXPECT_THAT(m.config.feature_gates, ElementsAre(FeatureGate::kSignQuoteEndpoint, FeatureGate::kMonotonicCounter));
  EXPECT_EQ(m.config.update_threshold, 1U);
  EXPECT_EQ(m.config.recovery_threshold, 2U);
  EXPECT_TRUE(m.config.rotate_root_secret);
}

TEST(Parse, FingerprintIsOverTheRawBytes) {
  EXPECT_EQ(Fingerprint(AsBytes(std::string_view("{}"))),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_NE(Fingerprint(AsBytes(std::string_view("{} "))), Fingerprint(AsBytes(std::string_view("{}"))));
}

TEST(Parse, AllowedNames) {
  const auto accepted = [](std::string_view name) {
    return Parse(MarkedText(R"({"Marbles": {"m": {"AllowedNames": [")" + std::string(name) + R"("]}}})").bytes())
        .manifest.has_value();
  };
  for (const std::string_view good : {"localhost", "db.example.org", "*.example.org", "a_b.c", "10.0.0.1", "10.0.0.0/8",
                                      "0.0.0.0/0", "::1", "fe80::/10", "2001:db8::1/128", "1.example"}) {
    EXPECT_TRUE(accepted(good)) << good;
  }
  for (const std::string_view bad :
       {"",      "*",         "*.",          "a..b",           ".a",         "a.",          "-a",      "a-",
        "*.*.a", "a.*.b",     "10.0.0.1/33", "10.0.0.1/",      "10.0.0.1/x", "10.0.0.1/-1", "::1/129", "a.b/8",
        "1.2.3", "1.2.3.4.5", "a b",         "h\u00e4user.de", "http://a"}) {
    EXPECT_FALSE(accepted(bad)) << bad;
  }
  EXPECT_FALSE(accepted(std::string(64, 'a')));
  EXPECT_TRUE(accepted(std::string(63, 'a')));
}

TEST(Parse, MessagesQuoteLittleAndNoValues) {
  const std::string secret(200'000, 'x');
  const Outcome outcome =
      Parse(AsBytes(R"({"Packages": {"p": {"Debug": ")" + secret + R"("}}, ")" + secret + R"(": 1})"));
  ASSERT_EQ(outcome.errors.size(), 2U);
  EXPECT_THAT(outcome.errors[0].message, ::testing::Not(HasSubstr("xxx")));
  EXPECT_LT(outcome.errors[1].message.size(), 500U);
}

// A manifest as the Go client writes it: all fields, nulls for what is empty, file values as objects.
constexpr std::string_view kGoManifest = R"({"Packages":{"backend":{"Debug":false,"UniqueID":"","SignerID":"$H",
"ProductID":1337,"SecurityVersion":1,"AcceptedTCBStatuses":["UpToDate","SWHardeningNeeded"],"AcceptedAdvisories":null},
"frontend":{"Debug":false,"UniqueID":"$H","SignerID":"","ProductID":null,"SecurityVersion":null,
"AcceptedTCBStatuses":null,"AcceptedAdvisories":null}},"Infrastructures":null,"Marbles":{"backend_first":{
"Package":"backend","MaxActivations":1,"Parameters":{"Files":{"/abc/defg.txt":{"Data":"foo","Encoding":"string",
"NoTemplates":false},"/ghi/jkl.mno":{"Data":"YmFy","Encoding":"base64","NoTemplates":true}},"Env":{"IS_FIRST":{
"Data":"1","Encoding":"string","NoTemplates":false},"SEAL_KEY":{"Data":"{{ hex .MarbleRun.SealKey }}",
"Encoding":"string","NoTemplates":false}},"Argv":["--first","serve"]},"TLS":["web"],"DisableSecretBinding":false},
"frontend":{"Package":"frontend","MaxActivations":0,"Parameters":{"Files":null,"Env":null,"Argv":null},"TLS":null,
"DisableSecretBinding":false}},"Secrets":{"certShared":{"Type":"cert-ecdsa","Size":256,"Shared":true,
"UserDefined":false,"Cert":null,"ValidFor":12,"Private":null,"Public":null},"keyPrivate":{"Type":"symmetric-key",
"Size":256,"Shared":false,"UserDefined":false,"Cert":null,"ValidFor":0,"Private":null,"Public":null},"upload":{
"Type":"plain","Size":0,"Shared":false,"UserDefined":true,"Cert":null,"ValidFor":0,"Private":null,"Public":null}},
"Users":{"admin":{"Certificate":"$A","Roles":["writer","updater","bumper"]}},"Roles":{"bumper":{
"ResourceType":"Packages","ResourceNames":["backend"],"Actions":["UpdateSecurityVersion"]},"updater":{
"ResourceType":"Manifest","ResourceNames":null,"Actions":["UpdateManifest"]},"writer":{"ResourceType":"Secrets",
"ResourceNames":["upload"],"Actions":["ReadSecret","WriteSecret"]}},"RecoveryKeys":{"holder":"$R"},"TLS":{"web":{
"Outgoing":[{"Port":"8080","Addr":"localhost","Cert":"","DisableClientAuth":false}],"Incoming":[{"Port":"8443",
"Addr":"","Cert":"certShared","DisableClientAuth":true}]}},"Config":{"SealMode":"","FeatureGates":null,
"UpdateThreshold":0,"RecoveryThreshold":0,"RotateRootSecret":false}})";

TEST(Load, AcceptsWhatTheGoClientWrites) {
  const MarkedText document(kGoManifest);
  const Outcome outcome = Load(document.bytes());
  ASSERT_TRUE(outcome.manifest) << Dump(outcome.errors);
  for (const Problem& p : outcome.warnings) EXPECT_THAT(p.reason, HasSubstr("manifest.advice.")) << p.ToString();
  EXPECT_EQ(outcome.manifest->marbles.at("backend_first").parameters.files.at("/ghi/jkl.mno").data, ToBytes("bar"));
}

TEST(Load, RefusesEveryPrefix) {
  const MarkedText document(kGoManifest);
  for (std::size_t n = 0; n < document.bytes().size(); ++n) {
    const Outcome outcome = Load(document.bytes().first(n));
    ASSERT_FALSE(outcome.manifest) << n;
    ASSERT_FALSE(outcome.errors.empty()) << n;
    ASSERT_EQ(outcome.errors.front().reason, "manifest.json.syntax") << n;
  }
}

TEST(Load, SurvivesEveryDeletedByte) {
  const MarkedText document(kGoManifest);
  for (std::size_t n = 0; n < document.text().size(); ++n) {
    std::string text = document.text();
    text.erase(n, 1);
    const Outcome outcome = Load(AsBytes(text));
    ASSERT_EQ(outcome.manifest.has_value(), outcome.errors.empty()) << n;
  }
}

}  // namespace
}  // namespace steelie::manifest
