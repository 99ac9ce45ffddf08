#include "policy/remedy.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "manifest/parse.h"
#include "policy/observe.h"

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::EvidenceKind;
using Json = nlohmann::ordered_json;

std::string Repeat(const char* two_digits, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += two_digits;
  return out;
}

Claims Sgx() {
  Claims c;
  c.kind = EvidenceKind::kSgx;
  c.measurement = Bytes(32, 0xab);
  c.signer = Bytes(32, 0xcd);
  c.product_id = 7;
  c.security_version = 3;
  c.tcb_status = "UpToDate";
  c.sgx.emplace();
  return c;
}

Claims Tdx() {
  Claims c;
  c.kind = EvidenceKind::kTdx;
  c.measurement = Bytes(48, 0x11);
  c.tcb_status = "UpToDate";
  auto& tdx = c.tdx.emplace();
  tdx.td_attributes = attest::TdxClaims::kSeptVeDisable;
  tdx.xfam = 0xe702;
  for (std::size_t i = 0; i < 4; ++i) tdx.rtmr.at(i).fill(static_cast<std::uint8_t>(0x20 + i));
  tdx.mr_seam.fill(0x31);
  tdx.mr_config_id.fill(0x33);
  tdx.mr_owner.fill(0x34);
  tdx.mr_owner_config.fill(0x35);
  return c;
}

Claims Snp() {
  Claims c;
  c.kind = EvidenceKind::kSnp;
  c.measurement = Bytes(48, 0x41);
  auto& snp = c.snp.emplace();
  snp.product = "Milan";
  snp.guest_svn = 5;
  snp.policy = std::uint64_t{1} << 17U;
  snp.host_data.fill(0x42);
  snp.id_key_digest.fill(0x43);
  snp.author_key_digest.fill(0x44);
  snp.family_id.fill(0x45);
  snp.image_id.fill(0x46);
  snp.reported_tcb = {0, 3, 0, 8, 115};
  snp.chip_id.fill(0x47);
  using S = attest::SnpClaims;
  snp.policy |= S::kPolicySingleSocket | S::kPolicyAes256Xts | S::kPolicyRaplDisabled | S::kPolicyCiphertextHiding |
                S::kPolicyPageSwapDisabled;
  snp.platform_info = S::kPlatformTsme | S::kPlatformEcc | S::kPlatformRaplDisabled | S::kPlatformCiphertextHiding |
                      S::kPlatformAliasCheck;
  return c;
}

// Packages that state everything that can be stated, and that the claims above satisfy.
Json SgxPackage() {
  return {{"SignerID", Repeat("cd", 32)},
          {"ProductID", 7},
          {"SecurityVersion", 3},
          {"AcceptedTCBStatuses", {"SWHardeningNeeded"}},
          {"AcceptedAdvisories", {"INTEL-SA-00001"}}};
}

Json TdxPackage() {
  Json tdx = {
      {"MRTD", Repeat("11", 48)},         {"MRSEAM", Repeat("31", 48)},           {"MRSIGNERSEAM", Repeat("00", 48)},
      {"MRCONFIGID", Repeat("33", 48)},   {"MROWNER", Repeat("34", 48)},          {"MROWNERCONFIG", Repeat("35", 48)},
      {"Attributes", "0000001000000000"}, {"AttributesMask", "01000010000000ff"}, {"XFAM", "02e7000000000000"}};
  for (int i = 0; i < 4; ++i) tdx["RTMR" + std::to_string(i)] = Repeat(("2" + std::to_string(i)).c_str(), 48);
  return {{"TDX", tdx}, {"AcceptedAdvisories", {"INTEL-SA-00001"}}};
}

Json SnpPackage() {
  return {{"SNP",
           {{"Measurement", Repeat("41", 48)},
            {"HostData", Repeat("42", 32)},
            {"IDKeyDigest", Repeat("43", 48)},
            {"AuthorKeyDigest", Repeat("44", 48)},
            {"FamilyID", Repeat("45", 16)},
            {"ImageID", Repeat("46", 16)},
            {"GuestSVN", 5},
            {"VMPL", 1},
            {"SigningKey", "VCEK"},
            {"ChipIDs", {Repeat("47", 64)}},
            {"MinimumTCB", {{"Milan", {{"BootLoader", 3}, {"SNP", 8}, {"Microcode", 115}}}, {"Genoa", Json::object()}}},
            {"Policy",
             {{"AllowSMT", false},
              {"RequireSingleSocket", true},
              {"RequireAES256XTS", true},
              {"RequireRAPLDisabled", true},
              {"RequireCiphertextHiding", true},
              {"RequirePageSwapDisabled", true}}},
            {"Platform",
             {{"RequireSMTDisabled", true},
              {"RequireTSME", true},
              {"RequireECC", true},
              {"RequireRAPLDisabled", true},
              {"RequireCiphertextHiding", true},
              {"RequireAliasCheck", true}}}}}};
}

Json ManifestWith(const Json& package) { return {{"Packages", {{"a/b", package}}}}; }

manifest::Package Read(const Json& document) {
  const auto outcome = manifest::Parse(AsBytes(document.dump()), {});
  EXPECT_TRUE(outcome.manifest.has_value()) << document.dump(1);
  for (const auto& error : outcome.errors) ADD_FAILURE() << error.ToString();
  return outcome.manifest ? outcome.manifest->packages.at("a/b") : manifest::Package();
}

std::size_t Failed(const Decision& decision) {
  return static_cast<std::size_t>(std::ranges::count(decision.trace, false, &Check::pass));
}

struct Case {
  const char* rule;
  std::function<void(Claims&)> change;
};

// Each rule fails alone, is named with its pointer and document, and the remedies offered do admit.
void CheckCases(const std::function<Claims()>& claims, const Json& package, const std::vector<Case>& cases) {
  const Json document = ManifestWith(package);
  ASSERT_TRUE(DecideOnClaims(claims(), Read(document), "a/b").allowed)
      << DecideOnClaims(claims(), Read(document), "a/b").Summary();
  for (const Case& c : cases) {
    Claims changed = claims();
    c.change(changed);
    const Decision decision = DecideOnClaims(changed, Read(document), "a/b");
    EXPECT_FALSE(decision.allowed) << c.rule;
    EXPECT_EQ(decision.reason(), c.rule);
    EXPECT_EQ(Failed(decision), 1U) << decision.Summary();
    const auto failed = std::ranges::find(decision.trace, false, &Check::pass);
    EXPECT_TRUE(failed->pointer.starts_with("/Packages/a~1b/")) << failed->pointer;
    EXPECT_FALSE(failed->document.empty()) << c.rule;
    const std::vector<Remedy> remedies = RemediesFor(changed, Read(document), "a/b");
    ASSERT_FALSE(remedies.empty()) << c.rule;
    Json patched = document;
    for (const Remedy& remedy : remedies) {
      EXPECT_FALSE(remedy.change.empty()) << c.rule;
      EXPECT_FALSE(remedy.also_admits.empty()) << c.rule;
      const Json value = Json::parse(remedy.value);
      patched.patch_inplace(Json::array({{{"op", "add"}, {"path", remedy.pointer}, {"value", value}}}));
    }
    EXPECT_TRUE(DecideOnClaims(changed, Read(patched), "a/b").allowed)
        << c.rule << "\n"
        << patched.dump(1) << DecideOnClaims(changed, Read(patched), "a/b").Summary();
    // A remedy for an identity keeps what was admitted. Debug must equal, so it cannot.
    const bool debug = std::string_view(c.rule).ends_with(".debug");
    EXPECT_EQ(DecideOnClaims(claims(), Read(patched), "a/b").allowed, !debug) << c.rule << "\n" << patched.dump(1);
  }
}

TEST(Remedy, OfEverySgxRule) {
  CheckCases(Sgx, SgxPackage(),
             {{"policy.sgx.debug", [](Claims& c) { c.debug = true; }},
              {"policy.sgx.signer_id", [](Claims& c) { c.signer[0] ^= 1; }},
              {"policy.sgx.product_id", [](Claims& c) { c.product_id = 8; }},
              {"policy.sgx.security_version", [](Claims& c) { c.security_version = 1; }},
              {"policy.sgx.tcb_status", [](Claims& c) { c.tcb_status = "OutOfDate"; }},
              {"policy.sgx.advisories", [](Claims& c) {
                 c.tcb_status = "SWHardeningNeeded";
                 c.advisories = {"INTEL-SA-00002"};
               }}});
  CheckCases(Sgx, {{"UniqueID", Repeat("ab", 32)}},
             {{"policy.sgx.unique_id", [](Claims& c) { c.measurement[0] ^= 1; }}});
}

TEST(Remedy, OfEveryTdxRule) {
  using T = attest::TdxClaims;
  CheckCases(Tdx, TdxPackage(),
             {{"policy.tdx.tcb_status", [](Claims& c) { c.tcb_status = "OutOfDate"; }},
              {"policy.tdx.advisories", [](Claims& c) { c.advisories = {"INTEL-SA-00002"}; }},
              {"policy.tdx.migration", [](Claims& c) { c.tdx->td_attributes |= T::kMigratable; }},
              {"policy.tdx.migration", [](Claims& c) { c.tdx->mr_service_td.emplace()[47] = 1; }},
              {"policy.tdx.mrtd", [](Claims& c) { c.measurement[47] ^= 1; }},
              {"policy.tdx.rtmr0", [](Claims& c) { c.tdx->rtmr[0][0] ^= 1; }},
              {"policy.tdx.rtmr1", [](Claims& c) { c.tdx->rtmr[1][0] ^= 1; }},
              {"policy.tdx.rtmr2", [](Claims& c) { c.tdx->rtmr[2][0] ^= 1; }},
              {"policy.tdx.rtmr3", [](Claims& c) { c.tdx->rtmr[3][0] ^= 1; }},
              {"policy.tdx.mrseam", [](Claims& c) { c.tdx->mr_seam[0] ^= 1; }},
              {"policy.tdx.mrsignerseam", [](Claims& c) { c.tdx->mr_signer_seam[0] ^= 1; }},
              {"policy.tdx.mrconfigid", [](Claims& c) { c.tdx->mr_config_id[0] ^= 1; }},
              {"policy.tdx.mrowner", [](Claims& c) { c.tdx->mr_owner[0] ^= 1; }},
              {"policy.tdx.mrownerconfig", [](Claims& c) { c.tdx->mr_owner_config[0] ^= 1; }},
              {"policy.tdx.attributes", [](Claims& c) { c.tdx->td_attributes |= std::uint64_t{1} << 63U; }},
              {"policy.tdx.xfam", [](Claims& c) { c.tdx->xfam ^= 4; }}});
  Json loose = TdxPackage();
  loose["TDX"].erase("Attributes");
  loose["TDX"].erase("AttributesMask");
  CheckCases(Tdx, loose,
             {{"policy.tdx.debug", [](Claims& c) { c.debug = true; }},
              {"policy.tdx.sept_ve_disable", [](Claims& c) { c.tdx->td_attributes = 0; }}});
}

TEST(Remedy, OfEverySnpRule) {
  using S = attest::SnpClaims;
  CheckCases(
      Snp, SnpPackage(),
      {{"policy.snp.debug", [](Claims& c) { c.debug = true; }},
       {"policy.snp.measurement", [](Claims& c) { c.measurement[0] ^= 1; }},
       {"policy.snp.host_data", [](Claims& c) { c.snp->host_data[0] ^= 1; }},
       {"policy.snp.id_key_digest", [](Claims& c) { c.snp->id_key_digest[0] ^= 1; }},
       {"policy.snp.author_key_digest", [](Claims& c) { c.snp->author_key_digest[0] ^= 1; }},
       {"policy.snp.family_id", [](Claims& c) { c.snp->family_id[0] ^= 1; }},
       {"policy.snp.image_id", [](Claims& c) { c.snp->image_id[0] ^= 1; }},
       {"policy.snp.guest_svn", [](Claims& c) { c.snp->guest_svn = 4; }},
       {"policy.snp.vmpl", [](Claims& c) { c.snp->vmpl = 2; }},
       {"policy.snp.signing_key", [](Claims& c) { c.snp->vlek = true; }},
       {"policy.snp.chip_id", [](Claims& c) { c.snp->chip_id[0] ^= 1; }},
       {"policy.snp.product", [](Claims& c) { c.snp->product = "Turin"; }},
       {"policy.snp.tcb.boot_loader", [](Claims& c) { c.snp->reported_tcb.boot_loader = 2; }},
       {"policy.snp.tcb.snp", [](Claims& c) { c.snp->reported_tcb.snp = 7; }},
       {"policy.snp.tcb.microcode", [](Claims& c) { c.snp->reported_tcb.microcode = 0; }},
       {"policy.snp.policy.smt", [](Claims& c) { c.snp->policy |= S::kPolicySmt; }},
       {"policy.snp.policy.migration_agent", [](Claims& c) { c.snp->policy |= S::kPolicyMigrateMa; }},
       {"policy.snp.policy.cxl", [](Claims& c) { c.snp->policy |= S::kPolicyCxl; }},
       {"policy.snp.policy.single_socket", [](Claims& c) { c.snp->policy &= ~S::kPolicySingleSocket; }},
       {"policy.snp.policy.aes256_xts", [](Claims& c) { c.snp->policy &= ~S::kPolicyAes256Xts; }},
       {"policy.snp.policy.rapl_disabled", [](Claims& c) { c.snp->policy &= ~S::kPolicyRaplDisabled; }},
       {"policy.snp.policy.ciphertext_hiding", [](Claims& c) { c.snp->policy &= ~S::kPolicyCiphertextHiding; }},
       {"policy.snp.policy.page_swap_disabled", [](Claims& c) { c.snp->policy &= ~S::kPolicyPageSwapDisabled; }},
       {"policy.snp.platform.smt_disabled", [](Claims& c) { c.snp->platform_info |= S::kPlatformSmt; }},
       {"policy.snp.platform.tsme", [](Claims& c) { c.snp->platform_info &= ~S::kPlatformTsme; }},
       {"policy.snp.platform.ecc", [](Claims& c) { c.snp->platform_info &= ~S::kPlatformEcc; }},
       {"policy.snp.platform.rapl_disabled", [](Claims& c) { c.snp->platform_info &= ~S::kPlatformRaplDisabled; }},
       {"policy.snp.platform.ciphertext_hiding",
        [](Claims& c) { c.snp->platform_info &= ~S::kPlatformCiphertextHiding; }},
       {"policy.snp.platform.alias_check", [](Claims& c) { c.snp->platform_info &= ~S::kPlatformAliasCheck; }}});
}

TEST(Remedy, OfEvidenceOfAnotherKindIsAnAlternative) {
  const Json document = ManifestWith(SgxPackage());
  for (Claims claims : {Tdx(), Snp()}) {
    claims.debug = true;
    if (claims.tdx) claims.tdx->td_attributes = 0;
    if (claims.snp) claims.snp->vmpl = 3;
    const Decision decision = DecideOnClaims(claims, Read(document), "a/b");
    EXPECT_EQ(decision.reason(), "policy.kind");
    const std::vector<Remedy> remedies = RemediesFor(claims, Read(document), "a/b");
    ASSERT_EQ(remedies.size(), 1U);
    const Json patch =
        Json::array({{{"op", "add"}, {"path", remedies[0].pointer}, {"value", Json::parse(remedies[0].value)}}});
    const Json patched = document.patch(patch);
    EXPECT_TRUE(DecideOnClaims(claims, Read(patched), "a/b").allowed) << patched.dump(1);
    EXPECT_TRUE(DecideOnClaims(Sgx(), Read(patched), "a/b").allowed);
  }
}

TEST(Alternatives, AnyOneAdmitsAndTheNearestExplains) {
  Json package = SgxPackage();
  package["Alternatives"] = {{{"UniqueID", Repeat("ab", 32)}, {"Debug", true}}, TdxPackage()};
  const manifest::Package read = Read(ManifestWith(package));
  EXPECT_TRUE(DecideOnClaims(Sgx(), read, "p").allowed);
  EXPECT_TRUE(DecideOnClaims(Tdx(), read, "p").allowed);
  Claims claims = Sgx();
  claims.debug = true;
  EXPECT_TRUE(DecideOnClaims(claims, read, "p").allowed);
  // One rule from the second set, several from the first.
  claims.measurement[0] ^= 1;
  claims.signer[0] ^= 1;
  const Decision decision = DecideOnClaims(claims, read, "p");
  EXPECT_EQ(decision.reason(), "policy.sgx.unique_id");
  EXPECT_EQ(decision.trace.back().pointer, "/Packages/p/Alternatives/0/UniqueID");
  ASSERT_EQ(decision.others.size(), 2U);
  EXPECT_EQ(decision.others[0].size(), 2U);
  const std::vector<Remedy> remedies = RemediesFor(claims, read, "p");
  ASSERT_EQ(remedies.size(), 1U);
  EXPECT_EQ(remedies[0].pointer, "/Packages/p/Alternatives/-");
}

TEST(Alternatives, DoNotAddUp) {
  // Neither set is met whole, though each rule is met by one of them.
  Json package = {{"UniqueID", Repeat("ab", 32)}, {"Debug", true}};
  package["Alternatives"] = {{{"UniqueID", Repeat("00", 32)}}};
  EXPECT_FALSE(DecideOnClaims(Sgx(), Read(ManifestWith(package)), "p").allowed);
}

// A demand that policy could not look up would otherwise be met by nobody, or by everybody.
TEST(Observe, KnowsTheClaimOfEveryDemand) {
  const auto check = [](const Json& package, const Claims& claims) {
    for (const manifest::Demand& demand : manifest::DemandsOf(Read(ManifestWith(package)))) {
      if (!Applies(claims, demand)) continue;
      EXPECT_TRUE(Observe(claims, demand).has_value()) << demand.member;
    }
  };
  Claims sim = Sgx();
  sim.kind = EvidenceKind::kSim;
  check({{"Sim", {{"Measurement", Repeat("ab", 32)}}}}, sim);
  check(SgxPackage(), Sgx());
  check(TdxPackage(), Tdx());
  check(SnpPackage(), Snp());
}

TEST(Observe, AClaimThatIsMissingIsNoMatch) {
  Claims claims = Tdx();
  claims.tdx.reset();
  EXPECT_FALSE(DecideOnClaims(claims, Read(ManifestWith(TdxPackage())), "p").allowed);
  EXPECT_TRUE(RemediesFor(claims, Read(ManifestWith(TdxPackage())), "p").empty());
}

}  // namespace
}  // namespace steelie::policy
