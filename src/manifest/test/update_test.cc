#include "manifest/update.h"

#include "base/testing/result_matchers.h"
#include "manifest/parse.h"
#include "manifest/roles.h"
#include "manifest/test/manifest_text.h"

namespace steelie::manifest {
namespace {

using ::steelie::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Manifest Read(std::string_view text) {
  Outcome outcome = Parse(MarkedText(text).bytes());
  EXPECT_TRUE(outcome.manifest) << text << (outcome.errors.empty() ? "" : outcome.errors[0].ToString());
  return outcome.manifest ? std::move(*outcome.manifest) : Manifest{};
}

TEST(Update, KnowsPackageOnlyUpdates) {
  for (const std::string_view text : {R"({})", R"({"Packages": {"p": {"SecurityVersion": 1}}})",
                                      R"({"Packages": {}, "Config": {"SealMode": "Disabled"}, "Marbles": {},
                                          "Users": null, "Infrastructures": {}})"}) {
    EXPECT_TRUE(IsPackageOnly(Read(text))) << text;
  }
  for (const std::string_view text :
       {R"({"Infrastructures": {"a": {}}})", R"({"Marbles": {"a": {}}})", R"({"Users": {"a": {}}})",
        R"({"RecoveryKeys": {"a": ""}})", R"({"Roles": {"a": {"ResourceType": "Manifest"}}})",
        R"({"Secrets": {"a": {"Type": "plain"}}})", R"({"TLS": {"a": {}}})"}) {
    EXPECT_FALSE(IsPackageOnly(Read(text))) << text;
  }
}

const Manifest& Current() {
  static const Manifest kCurrent = Read(R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 1, "SecurityVersion": 5},
      "u": {"UniqueID": "$H"}, "s": {"Sim": {"SignerID": "$H", "ProductID": 1, "SecurityVersion": 5}}}})");
  return kCurrent;
}

TEST(Update, RaisesSecurityVersions) {
  const Manifest update = Read(R"({"Packages": {"p": {"SecurityVersion": 5, "AcceptedAdvisories": ["x"]},
      "u": {"SecurityVersion": 0}, "s": {"Sim": {"SecurityVersion": 6}}}})");
  EXPECT_THAT(PackageNames(update), ElementsAre("p", "s", "u"));
  ASSERT_OK_AND_ASSIGN(const auto versions, CheckPackageUpdate(update, Current().packages));
  EXPECT_THAT(versions, ElementsAre(Pair("p", 5), Pair("s", 6), Pair("u", 0)));
  ASSERT_OK_AND_ASSIGN(const auto plain,
                       CheckPackageUpdate(Read(R"({"Packages": {"s": {"SecurityVersion": 7}}})"), Current().packages));
  EXPECT_THAT(plain, ElementsAre(Pair("s", 7)));

  auto packages = Current().packages;
  RaiseSecurityVersion(packages["p"], 8);
  RaiseSecurityVersion(packages["s"], 9);
  EXPECT_EQ(packages["p"].security_version, 8U);
  EXPECT_EQ(packages["s"].sim->security_version, 9U);
  EXPECT_FALSE(packages["s"].security_version);
}

TEST(Update, RaisesAlternativesThatAreBelow) {
  Manifest current =
      Read(R"({"Packages": {"p": {"SignerID": "$H", "ProductID": 1, "SecurityVersion": 5, "Alternatives": [
      {"SNP": {"Measurement": "$G", "GuestSVN": 2}}, {"SignerID": "$H", "ProductID": 2, "SecurityVersion": 9},
      {"TDX": {"MRTD": "$G"}}, {"UniqueID": "$H"}]},
      "t": {"TDX": {"MRTD": "$G"}}, "g": {"SNP": {"Measurement": "$G", "GuestSVN": 3}}}})");
  Package& p = current.packages["p"];
  RaiseSecurityVersion(p, 7);
  EXPECT_EQ(p.raised_version, 7U);
  EXPECT_EQ(p.security_version, 7U);
  EXPECT_EQ(p.alternatives[0].snp->guest_svn, 7U);
  EXPECT_EQ(p.alternatives[1].security_version, 9U);
  EXPECT_EQ(p.alternatives[3].security_version, 7U);
  const auto check = [&](std::string_view text) { return CheckPackageUpdate(Read(text), current.packages); };
  EXPECT_OK(check(R"({"Packages": {"g": {"SecurityVersion": 4}}})"));
  EXPECT_OK(check(R"({"Packages": {"g": {"SNP": {"GuestSVN": 3}}}})"));
  EXPECT_THAT(check(R"({"Packages": {"g": {"SNP": {"GuestSVN": 2}}}})"), FailsWith("manifest.update.downgrade"));
  EXPECT_THAT(check(R"({"Packages": {"g": {"SNP": {"GuestSVN": 4, "VMPL": 1}}}})"),
              FailsWith("manifest.update.unupdatable"));
  EXPECT_THAT(check(R"({"Packages": {"g": {"SNP": {"GuestSVN": 4}, "SecurityVersion": 4}}})"),
              FailsWith("manifest.update.unupdatable"));
  EXPECT_THAT(check(R"({"Packages": {"p": {"SecurityVersion": 9, "Alternatives": [{"UniqueID": "$H"}]}}})"),
              FailsWith("manifest.update.unupdatable"));
  EXPECT_THAT(check(R"({"Packages": {"t": {"SecurityVersion": 1}}})"), FailsWith("manifest.update.no_version_kind"));
  EXPECT_THAT(check(R"({"Packages": {"t": {"TDX": {}, "SecurityVersion": 1}}})"),
              FailsWith("manifest.update.unupdatable"));
}

TEST(Update, RefusesWhatDoesNotOnlyRaiseThem) {
  const struct {
    std::string_view reason, text, packages;
  } cases[] = {
      {"manifest.update.no_packages", "no packages defined", R"({})"},
      {"manifest.update.unknown_package",
       "update manifest specifies a package which the original manifest does not contain",
       R"({"q": {"SecurityVersion": 9}})"},
      {"manifest.update.unupdatable", "update manifest contains unupdatable values",
       R"({"p": {"SecurityVersion": 9, "Debug": true}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"p": {"SecurityVersion": 9, "UniqueID": "$H"}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"p": {"SecurityVersion": 9, "SignerID": "$H"}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"p": {"SecurityVersion": 9, "ProductID": 1}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"p": {"Sim": {"SecurityVersion": 9}}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"s": {"Sim": {"SecurityVersion": 9, "ProductID": 1}}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"s": {"Sim": {"SecurityVersion": 9, "Debug": true}}})"},
      {"manifest.update.unupdatable", "unupdatable", R"({"s": {"Sim": {"SecurityVersion": 9}, "SecurityVersion": 8}})"},
      {"manifest.update.no_version", "update manifest does not specify a SecurityVersion to update", R"({"p": null})"},
      {"manifest.update.no_version", "does not specify", R"({"s": {"Sim": {}}})"},
      {"manifest.update.downgrade", "update manifest tries to downgrade SecurityVersion of the original manifest",
       R"({"p": {"SecurityVersion": 4}})"},
      {"manifest.update.downgrade", "downgrade", R"({"s": {"Sim": {"SecurityVersion": 4}}})"},
  };
  for (const auto& c : cases) {
    const Manifest update = Read(R"({"Packages": )" + std::string(c.packages) + "}");
    const auto result = CheckPackageUpdate(update, Current().packages);
    EXPECT_THAT(result, FailsWith(std::string(c.reason))) << c.packages;
    if (result) continue;
    EXPECT_THAT(result.error().message(), HasSubstr(std::string(c.text)));
  }
}

TEST(Update, ComparesFiveFieldsOfSecrets) {
  Secret base;
  base.type = SecretType::kCertEcdsa;
  base.size = 256;
  base.shared = true;
  base.valid_for = 7;
  EXPECT_TRUE(SameDefinition(base, base));
  Secret other = base;
  other.profile.is_ca = true;
  other.preset_private = {1};
  EXPECT_TRUE(SameDefinition(base, other));
  const auto changed = [&](auto change) {
    Secret s = base;
    change(s);
    return !SameDefinition(base, s);
  };
  EXPECT_TRUE(changed([](Secret& s) { s.type = SecretType::kCertRsa; }));
  EXPECT_TRUE(changed([](Secret& s) { s.size = 384; }));
  EXPECT_TRUE(changed([](Secret& s) { s.shared = false; }));
  EXPECT_TRUE(changed([](Secret& s) { s.user_defined = true; }));
  EXPECT_TRUE(changed([](Secret& s) { s.valid_for = 0; }));
}

TEST(Update, KnowsWhenRecoveryChanges) {
  const auto make = [](std::vector<std::pair<std::string, std::string>> keys, std::uint64_t threshold) {
    Manifest m;
    for (const auto& [name, pem] : keys) m.recovery_keys[name] = pem;
    m.config.recovery_threshold = threshold;
    return m;
  };
  const Manifest base = make({{"a", "1"}, {"b", "2"}, {"c", "3"}}, 0);
  EXPECT_FALSE(RecoveryChanged(base, base));
  EXPECT_FALSE(RecoveryChanged(base, make({{"a", "1"}, {"b", "2"}, {"c", "3"}}, 3)));
  EXPECT_TRUE(RecoveryChanged(base, make({{"a", "1"}, {"b", "2"}, {"c", "3"}}, 2)));
  EXPECT_TRUE(RecoveryChanged(base, make({{"a", "1"}, {"b", "2"}}, 0)));
  EXPECT_TRUE(RecoveryChanged(base, make({{"a", "1"}, {"b", "2"}, {"d", "3"}}, 0)));
  EXPECT_TRUE(RecoveryChanged(base, make({{"a", "1"}, {"b", "2"}, {"c", "3 "}}, 0)));
}

TEST(Permissions, AddUpOverRolesAndCoverEveryName) {
  const Manifest m = Read(R"({"Roles": {
      "w": {"ResourceType": "Secrets", "ResourceNames": ["a"], "Actions": ["WriteSecret", "ReadSecret"]},
      "r": {"ResourceType": "Secrets", "ResourceNames": ["b"], "Actions": ["ReadSecret"]},
      "m": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
      "n": {"ResourceType": "Manifest"}},
      "Users": {"u": {"Roles": ["w", "r", "gone"]}, "v": {"Roles": ["m"]}, "x": {"Roles": ["n"]}, "y": null}})");
  const auto all = ResolvePermissions(m);
  const Permissions& u = all.at("u");
  using Names = std::vector<std::string>;
  EXPECT_TRUE(u.Allows(Action::kReadSecret, Names{"a", "b"}));
  EXPECT_FALSE(u.Allows(Action::kReadSecret, Names{"a", "b", "c"}));
  EXPECT_FALSE(u.Allows(Action::kReadSecret, Names{"A"}));
  EXPECT_TRUE(u.Allows(Action::kWriteSecret, "a"));
  EXPECT_FALSE(u.Allows(Action::kWriteSecret, "b"));
  EXPECT_TRUE(u.Allows(Action::kReadSecret, Names{}));
  EXPECT_FALSE(u.Allows(Action::kUpdateManifest, Names{}));
  EXPECT_TRUE(all.at("v").Allows(Action::kUpdateManifest, Names{}));
  EXPECT_TRUE(all.at("v").Has(Action::kUpdateManifest));
  EXPECT_EQ(all.at("x"), Permissions());
  EXPECT_EQ(all.at("y"), Permissions());
}

}  // namespace
}  // namespace steelie::manifest
