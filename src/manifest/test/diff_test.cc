#include "manifest/diff.h"

#include <gmock/gmock.h>

#include "manifest/parse.h"
#include "manifest/update.h"

namespace steelie::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Manifest Read(const std::string& text) {
  Outcome outcome = Parse(ToBytes(text));
  EXPECT_TRUE(outcome.manifest) << text << (outcome.errors.empty() ? "" : outcome.errors[0].ToString());
  return outcome.manifest ? std::move(*outcome.manifest) : Manifest{};
}

Diff Between(const std::string& before, const std::string& after) {
  const Manifest old_manifest = Read(before);
  return Compare(old_manifest, old_manifest.packages, Read(after));
}

struct Case {
  const char* name;
  std::string before;
  std::string after;
  Effect effect;
  const char* pointer;
  const char* text;
};

std::string Package(const std::string& fields) { return R"({"Packages":{"p":{)" + fields + "}}}"; }
std::string Marble(const std::string& fields) {
  return R"({"Packages":{"p":{"UniqueID":")" + std::string(64, 'a') + R"("}},"Marbles":{"m":{"Package":"p")" +
         (fields.empty() ? "" : "," + fields) + "}}}";
}
std::string User(const std::string& rest) {
  return R"({"Secrets":{"s":{"Type":"plain","UserDefined":true},"t":{"Type":"plain","UserDefined":true}},)"
         R"("Roles":{"r":{"ResourceType":"Secrets","ResourceNames":["s"],"Actions":["ReadSecret"]},)"
         R"("w":{"ResourceType":"Secrets","ResourceNames":["t"],"Actions":["WriteSecret"]},)"
         R"("u":{"ResourceType":"Manifest","Actions":["UpdateManifest"]}},"Users":{)" +
         rest + "}}";
}
std::string Named(const std::string& name, const std::string& roles, const std::string& certificate = "A") {
  return "\"" + name + R"(":{"Certificate":")" + certificate + R"(","Roles":[)" + roles + "]}";
}

// Beside somebody who may update alone.
std::string AnyUpdater(const std::string& user) {
  return User(user + "," + Named("z", R"("u")", "Z")).insert(1, R"("Config":{"UpdateThreshold":1},)");
}

const std::string kIdA(64, 'a');
const std::string kIdB(64, 'b');
const std::string kUnique = R"("UniqueID":")" + kIdA + "\"";

const std::string kLong(96, 'c');

std::string NameOf(const ::testing::TestParamInfo<Case>& tested) { return tested.param.name; }

class DiffTest : public ::testing::TestWithParam<Case> {};

TEST_P(DiffTest, NamesTheOneChange) {
  const Case& c = GetParam();
  const Diff diff = Between(c.before, c.after);
  ASSERT_EQ(diff.changes.size(), 1U) << (diff.changes.size() > 1 ? diff.changes[1].text : "");
  EXPECT_EQ(diff.changes[0].pointer, c.pointer);
  EXPECT_EQ(EffectName(diff.changes[0].effect), EffectName(c.effect));
  EXPECT_THAT(diff.changes[0].text, HasSubstr(c.text));
  EXPECT_EQ(diff.Loosens(), c.effect == Effect::kLoosens || c.effect == Effect::kReplaces);
}

// The way back has the opposite effect, for everything that has one.
TEST_P(DiffTest, TheWayBackIsTheOpposite) {
  const Case& c = GetParam();
  const Diff diff = Between(c.after, c.before);
  ASSERT_EQ(diff.changes.size(), 1U);
  const Effect opposite = c.effect == Effect::kLoosens    ? Effect::kTightens
                          : c.effect == Effect::kTightens ? Effect::kLoosens
                                                          : c.effect;
  EXPECT_EQ(EffectName(diff.changes[0].effect), EffectName(opposite)) << diff.changes[0].text;
}

INSTANTIATE_TEST_SUITE_P(
    Packages, DiffTest,
    ::testing::Values(
        Case{"new", R"({"Packages":{}})", Package(kUnique), Effect::kLoosens, "/Packages/p", "is new"},
        Case{"version_raised", Package(R"("SecurityVersion":1)"), Package(R"("SecurityVersion":2)"), Effect::kTightens,
             "/Packages/p/SecurityVersion", "was at least 1, will be at least 2"},
        Case{"version_absent", Package(R"("SecurityVersion":1)"), Package(""), Effect::kLoosens,
             "/Packages/p/SecurityVersion", "will be at least 0"},
        Case{"unique_id_gone", Package(kUnique), Package(""), Effect::kLoosens, "/Packages/p/UniqueID", "will be any"},
        Case{"unique_id_other", Package(kUnique), Package(R"("UniqueID":")" + kIdB + "\""), Effect::kReplaces,
             "/Packages/p/UniqueID", "bbb"},
        Case{"signer_added", Package(""), Package(R"("SignerID":")" + kIdA + "\""), Effect::kTightens,
             "/Packages/p/SignerID", "was any"},
        Case{"product", Package(R"("ProductID":1)"), Package(""), Effect::kLoosens, "/Packages/p/ProductID", "was 1"},
        Case{"debug", Package(""), Package(R"("Debug":true)"), Effect::kReplaces, "/Packages/p/Debug", "will be true"},
        Case{"status_added", Package(""), Package(R"("AcceptedTCBStatuses":["SWHardeningNeeded","OutOfDate"])"),
             Effect::kLoosens, "/Packages/p/AcceptedTCBStatuses", "OutOfDate"},
        Case{"status_only_up_to_date", Package(""), Package(R"("AcceptedTCBStatuses":["UpToDate"])"), Effect::kTightens,
             "/Packages/p/AcceptedTCBStatuses", "will be UpToDate"},
        Case{"status_other", Package(R"("AcceptedTCBStatuses":["OutOfDate"])"),
             Package(R"("AcceptedTCBStatuses":["ConfigurationNeeded"])"), Effect::kReplaces,
             "/Packages/p/AcceptedTCBStatuses", "ConfigurationNeeded"},
        Case{"advisories_gone",
             Package(R"("AcceptedTCBStatuses":["SWHardeningNeeded"],"AcceptedAdvisories":["INTEL-SA-1"])"),
             Package(R"("AcceptedTCBStatuses":["SWHardeningNeeded"])"), Effect::kLoosens,
             "/Packages/p/AcceptedAdvisories", "will be any"},
        Case{"sim_measurement", Package(R"("Sim":{"Measurement":")" + kIdA + "\"}"), Package(R"("Sim":{})"),
             Effect::kLoosens, "/Packages/p/Sim/Measurement", "will be any"},
        Case{"tdx_measurement", Package(R"("TDX":{"MRTD":")" + kLong + "\"}"), Package(R"("TDX":{})"), Effect::kLoosens,
             "/Packages/p/TDX/MRTD", "will be any"},
        Case{"tdx_bits", Package(R"("TDX":{})"),
             Package(R"("TDX":{"XFAM":"0200000000000000","XFAMMask":"ff00000000000000"})"), Effect::kTightens,
             "/Packages/p/TDX/XFAM", "0200000000000000 in the bits of the mask ff00000000000000"},
        Case{"tdx_migration", Package(R"("TDX":{})"), Package(R"("TDX":{"AllowMigration":true})"), Effect::kLoosens,
             "/Packages/p/TDX/AllowMigration", "will be any"},
        Case{"snp_vmpl", Package(R"("SNP":{})"), Package(R"("SNP":{"VMPL":2})"), Effect::kLoosens,
             "/Packages/p/SNP/VMPL", "was at most 0, will be at most 2"},
        Case{"snp_tcb", Package(R"("SNP":{"MinimumTCB":{"Milan":{"SNP":8}}})"),
             Package(R"("SNP":{"MinimumTCB":{"Milan":{"SNP":7}}})"), Effect::kLoosens,
             "/Packages/p/SNP/MinimumTCB/Milan/SNP", "was at least 8, will be at least 7"},
        Case{"snp_product", Package(R"("SNP":{"MinimumTCB":{"Milan":{}}})"),
             Package(R"("SNP":{"MinimumTCB":{"Milan":{},"Genoa":{"SNP":1}}})"), Effect::kLoosens,
             "/Packages/p/SNP/MinimumTCB", "was Milan, will be Genoa, Milan"},
        Case{"kind", Package(kUnique), Package(R"("Sim":{})"), Effect::kReplaces, "/Packages/p", "another kind"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Marbles, DiffTest,
    ::testing::Values(
        Case{"new", R"({"Packages":{"p":{)" + kUnique + "}}}", Marble(""), Effect::kLoosens, "/Marbles/m", "is new"},
        Case{"limit_lifted", Marble(R"("MaxActivations":2)"), Marble(""), Effect::kLoosens, "/Marbles/m/MaxActivations",
             "were 2, will be unlimited"},
        Case{"limit_lowered", Marble(R"("MaxActivations":2)"), Marble(R"("MaxActivations":1)"), Effect::kTightens,
             "/Marbles/m/MaxActivations", "were 2, will be 1"},
        Case{"binding", Marble(""), Marble(R"("DisableSecretBinding":true)"), Effect::kLoosens,
             "/Marbles/m/DisableSecretBinding", "no longer bound"},
        Case{"names", Marble(""), Marble(R"("AllowedNames":["a.example"])"), Effect::kTightens,
             "/Marbles/m/AllowedNames", "a.example"},
        Case{"validity", Marble(R"("CertificateValidity":10)"), Marble(""), Effect::kLoosens,
             "/Marbles/m/CertificateValidity", "10 days"},
        Case{"argv", Marble(""), Marble(R"("Parameters":{"Argv":["x"]})"), Effect::kNeutral,
             "/Marbles/m/Parameters/Argv", "arguments change"},
        Case{"file", Marble(""), Marble(R"("Parameters":{"Files":{"/a":"topsecret"}})"), Effect::kNeutral,
             "/Marbles/m/Parameters/Files/~1a", "file `/a`"},
        Case{"variable", Marble(R"("Parameters":{"Env":{"A":"1"}})"), Marble(R"("Parameters":{"Env":{"A":"2"}})"),
             Effect::kNeutral, "/Marbles/m/Parameters/Env/A", "variable `A` changes"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Access, DiffTest,
    ::testing::Values(Case{"right_gained", User(Named("a", R"("r")")), User(Named("a", R"("r","w")")), Effect::kLoosens,
                           "/Users/a/Roles", "gains WriteSecret t"},
                      Case{"updater", AnyUpdater(Named("a", "")), AnyUpdater(Named("a", R"("u")")), Effect::kLoosens,
                           "/Users/a/Roles", "gains UpdateManifest"},
                      Case{"certificate", User(Named("a", R"("r")", "A")), User(Named("a", R"("r")", "B")),
                           Effect::kReplaces, "/Users/a/Certificate", "another certificate"},
                      Case{"without_rights", User(""), User(Named("a", "")), Effect::kLoosens, "/Users/a", "is new"},
                      Case{"recovery_key", R"({"RecoveryKeys":{"a":"A"}})", R"({"RecoveryKeys":{"a":"B"}})",
                           Effect::kReplaces, "/RecoveryKeys/a", "changes"},
                      Case{"recovery_threshold", R"({"RecoveryKeys":{"a":"A","b":"B"}})",
                           R"({"RecoveryKeys":{"a":"A","b":"B"},"Config":{"RecoveryThreshold":1}})", Effect::kLoosens,
                           "/Config/RecoveryThreshold", "needed 2 of 2 keys, will need 1 of 2"},
                      Case{"update_threshold", User(Named("a", R"("u")") + "," + Named("b", R"("u")", "B")),
                           User(Named("a", R"("u")") + "," + Named("b", R"("u")", "B"))
                               .insert(1, R"("Config":{"UpdateThreshold":1},)"),
                           Effect::kLoosens, "/Config/UpdateThreshold", "needed 2 users, will need 1"},
                      Case{"seal_mode", R"({"Config":{"SealMode":"UniqueKey"}})", R"({"Config":{}})", Effect::kLoosens,
                           "/Config/SealMode", "was UniqueKey"},
                      Case{"gate", R"({"Config":{}})", R"({"Config":{"FeatureGates":["MonotonicCounter"]}})",
                           Effect::kLoosens, "/Config/FeatureGates", "MonotonicCounter is switched on"}),
    NameOf);

TEST(Diff, EqualManifestsHaveNone) {
  const std::string text = User(Named("a", R"("r","u")"));
  const Diff diff = Between(text, text);
  EXPECT_THAT(diff.changes, IsEmpty());
  EXPECT_THAT(diff.rights, IsEmpty());
  EXPECT_FALSE(diff.Loosens());
}

TEST(Diff, SaysWhatBecomesOfEverySecret) {
  const auto manifest = [](const std::string& secrets, bool rotate = false) {
    return R"({"Secrets":{)" + secrets + R"(},"Config":{"RotateRootSecret":)" + (rotate ? "true" : "false") + "}}";
  };
  const std::string before = R"("shared":{"Type":"symmetric-key","Size":128,"Shared":true},
    "own":{"Type":"symmetric-key","Size":128}, "cert":{"Type":"cert-ecdsa","Size":256,"Shared":true},
    "owncert":{"Type":"cert-ecdsa","Size":256}, "user":{"Type":"plain","UserDefined":true},
    "changes":{"Type":"symmetric-key","Size":128,"Shared":true},
    "retyped":{"Type":"plain","UserDefined":true}, "gone":{"Type":"plain","UserDefined":true})";
  const std::string after = R"("shared":{"Type":"symmetric-key","Size":128,"Shared":true},
    "own":{"Type":"symmetric-key","Size":128}, "cert":{"Type":"cert-ecdsa","Size":256,"Shared":true},
    "owncert":{"Type":"cert-ecdsa","Size":256}, "user":{"Type":"plain","UserDefined":true},
    "changes":{"Type":"symmetric-key","Size":256,"Shared":true},
    "retyped":{"Type":"symmetric-key","Size":128,"UserDefined":true},
    "added":{"Type":"symmetric-key","Size":128}, "upload":{"Type":"plain","UserDefined":true})";
  using enum SecretFate;
  EXPECT_THAT(Between(manifest(before), manifest(after)).secrets,
              UnorderedElementsAre(Pair("shared", kKept), Pair("own", kKept), Pair("cert", kRegenerated),
                                   Pair("owncert", kPerActivation), Pair("user", kKept), Pair("changes", kRegenerated),
                                   Pair("retyped", kCleared), Pair("gone", kDropped), Pair("added", kNew),
                                   Pair("upload", kAwaitsUpload)));
  const Diff rotated = Between(manifest(before), manifest(before, true));
  EXPECT_TRUE(rotated.rotates_root_secret);
  EXPECT_EQ(rotated.secrets.at("shared"), kRegenerated);
  EXPECT_EQ(rotated.secrets.at("own"), kRegenerated);
  EXPECT_EQ(rotated.secrets.at("user"), kKept);
}

TEST(Diff, SaysWhenTheManifestCanOrCannotBeReplacedAnyMore) {
  const Diff opens = Between(User(Named("a", "")), User(Named("a", R"("u")")));
  ASSERT_EQ(opens.changes.size(), 2U);
  EXPECT_EQ(opens.changes[1].effect, Effect::kLoosens);
  EXPECT_THAT(opens.changes[1].text, HasSubstr("nobody could replace"));
  const Diff closes = Between(User(Named("a", R"("u")")), User(Named("a", "")));
  EXPECT_EQ(closes.changes[1].effect, Effect::kLocksOut);
  EXPECT_THAT(closes.changes[1].text, HasSubstr("nobody will"));
  EXPECT_FALSE(closes.Loosens());
}

TEST(Diff, SaysWhenTheStateCanOrCannotBeRecoveredAnyMore) {
  const std::string keys = R"({"RecoveryKeys":{"a":"A","b":"B"}})";
  const Diff closes = Between(keys, "{}");
  ASSERT_EQ(closes.changes.size(), 3U);
  EXPECT_EQ(closes.changes[2].effect, Effect::kLocksOut);
  EXPECT_EQ(closes.changes[2].pointer, "/RecoveryKeys");
  EXPECT_THAT(closes.changes[2].text, HasSubstr("nobody will be able to recover"));
  const Diff opens = Between("{}", keys);
  ASSERT_EQ(opens.changes.size(), 3U);
  EXPECT_EQ(opens.changes[2].effect, Effect::kLoosens);
  EXPECT_THAT(opens.changes[2].text, HasSubstr("holders of 2 of 2 keys will"));
}

TEST(Diff, RightsOfAUserWhoGoesAreLost) {
  const Diff diff =
      Between(User(Named("a", R"("r","u")") + "," + Named("b", R"("r")", "B")), User(Named("b", R"("r")", "B")));
  ASSERT_EQ(diff.rights.size(), 1U);
  EXPECT_EQ(diff.rights[0].user, "a");
  EXPECT_THAT(diff.rights[0].lost, ElementsAre("ReadSecret s", "UpdateManifest"));
  EXPECT_THAT(diff.rights[0].gained, IsEmpty());
}

// A full update that repeats the version of the first manifest takes back what package updates had raised.
TEST(Diff, ComparesWithTheVersionsInForce) {
  const Manifest manifest = Read(Package(R"("SecurityVersion":1)"));
  NameMap<manifest::Package> in_force = manifest.packages;
  RaiseSecurityVersion(in_force.at("p"), 5);
  const Diff diff = Compare(manifest, in_force, manifest);
  ASSERT_EQ(diff.changes.size(), 1U);
  EXPECT_EQ(diff.changes[0].effect, Effect::kLoosens);
  EXPECT_THAT(diff.changes[0].text, HasSubstr("was at least 5, will be at least 1"));
}

TEST(Diff, ComparesAlternativesWhole) {
  const std::string a = R"({"UniqueID":")" + kIdA + "\"}";
  const std::string b = R"({"UniqueID":")" + kIdB + "\"}";
  const auto with = [](const std::string& list) { return Package(kUnique + R"(,"Alternatives":[)" + list + "]"); };
  const Diff added = Between(with(a), with(b + "," + a));
  ASSERT_EQ(added.changes.size(), 1U);
  EXPECT_EQ(added.changes[0].pointer, "/Packages/p/Alternatives/0");
  EXPECT_EQ(added.changes[0].effect, Effect::kLoosens);
  EXPECT_THAT(added.changes[0].text, HasSubstr(kIdB));
  const Diff removed = Between(with(a + "," + b), with(a));
  ASSERT_EQ(removed.changes.size(), 1U);
  EXPECT_EQ(removed.changes[0].effect, Effect::kTightens);
  EXPECT_TRUE(Between(with(a + "," + b), with(b + "," + a)).changes.empty());
}

TEST(Diff, OfAPackageUpdateChangesVersionsAndSharedCertificates) {
  const Manifest manifest = Read(
      R"({"Packages":{"p":{"SecurityVersion":1}},"Secrets":{"k":{"Type":"symmetric-key","Size":128},
          "c":{"Type":"cert-ecdsa","Size":256,"Shared":true}}})");
  const Diff diff = ComparePackageUpdate(manifest, manifest.packages, {{"p", 2}});
  EXPECT_TRUE(diff.package_update);
  ASSERT_EQ(diff.changes.size(), 1U);
  EXPECT_EQ(diff.changes[0].effect, Effect::kTightens);
  EXPECT_EQ(diff.secrets.at("k"), SecretFate::kKept);
  EXPECT_EQ(diff.secrets.at("c"), SecretFate::kRegenerated);
}

}  // namespace
}  // namespace steelie::manifest
