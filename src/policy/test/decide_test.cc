#include "policy/decide.h"

#include <gtest/gtest.h>

#include <functional>

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::EvidenceKind;
using manifest::Package;

attest::ReportData Binding() { return attest::BindingTo(AsBytes("leaf")); }

Claims SimClaims() {
  Claims claims;
  claims.kind = EvidenceKind::kSim;
  claims.report_data = Binding();
  claims.measurement = Bytes(32, 0xab);
  claims.signer = Bytes(32, 0xcd);
  claims.product_id = 7;
  claims.security_version = 3;
  return claims;
}

Package SimPackage() {
  Package package;
  package.sim = manifest::SimPackage{Bytes(32, 0xab), Bytes(32, 0xcd), 7, 3, false};
  return package;
}

Claims SgxClaims() {
  Claims claims = SimClaims();
  claims.kind = EvidenceKind::kSgx;
  claims.tcb_status = "UpToDate";
  return claims;
}

Package SgxPackage() {
  Package package;
  for (int i = 0; i < 32; ++i) package.unique_id += "AB";
  for (int i = 0; i < 32; ++i) package.signer_id += "cd";
  package.product_id = 7;
  package.security_version = 3;
  return package;
}

Decision Judge(const Claims& claims, const Package& package, bool simulation = true) {
  return Decide(claims, package, "a/b", {simulation, Binding()});
}

TEST(Decide, ExactMatchIsAllowed) {
  EXPECT_TRUE(Judge(SimClaims(), SimPackage()).allowed);
  EXPECT_EQ(Judge(SimClaims(), SimPackage()).reason(), "");
  EXPECT_TRUE(Judge(SgxClaims(), SgxPackage(), false).allowed);
}

// For each rule: claims that fail for that rule alone.
struct Case {
  const char* rule;
  bool sgx;
  std::function<void(Claims&, Package&)> change;
};

class OneRule : public ::testing::TestWithParam<Case> {};

TEST_P(OneRule, FailsAloneWithItsReason) {
  Claims claims = GetParam().sgx ? SgxClaims() : SimClaims();
  Package package = GetParam().sgx ? SgxPackage() : SimPackage();
  GetParam().change(claims, package);
  const Decision decision = Judge(claims, package, !GetParam().sgx);
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.reason(), GetParam().rule);
  int failed = 0;
  for (const Check& check : decision.trace) failed += check.pass ? 0 : 1;
  EXPECT_EQ(failed, 1) << decision.Summary();
  EXPECT_NE(decision.Summary().find(GetParam().rule), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, OneRule,
    ::testing::Values(Case{"policy.binding", false, [](Claims& c, Package&) { c.report_data[31] ^= 1; }},
                      Case{"policy.sim.debug", false, [](Claims& c, Package&) { c.debug = true; }},
                      Case{"policy.sim.debug", false, [](Claims&, Package& p) { p.sim->debug = true; }},
                      Case{"policy.sim.measurement", false, [](Claims& c, Package&) { c.measurement[0] ^= 1; }},
                      Case{"policy.sim.signer", false, [](Claims& c, Package&) { c.signer[0] ^= 1; }},
                      Case{"policy.sim.product", false, [](Claims& c, Package&) { c.product_id = 8; }},
                      Case{"policy.sim.security_version", false, [](Claims& c, Package&) { c.security_version = 2; }},
                      Case{"policy.kind", false, [](Claims&, Package& p) { p.sim.reset(); }},
                      Case{"policy.kind", true, [](Claims&, Package& p) { p.sim = manifest::SimPackage(); }},
                      Case{"policy.kind", true, [](Claims& c, Package&) { c.kind = EvidenceKind::kTdx; }},
                      Case{"policy.sgx.debug", true, [](Claims& c, Package&) { c.debug = true; }},
                      Case{"policy.sgx.unique_id", true, [](Claims& c, Package&) { c.measurement[0] ^= 1; }},
                      Case{"policy.sgx.signer_id", true, [](Claims& c, Package&) { c.signer[31] ^= 1; }},
                      Case{"policy.sgx.product_id", true, [](Claims& c, Package&) { c.product_id = 6; }},
                      Case{"policy.sgx.security_version", true, [](Claims& c, Package&) { c.security_version = 2; }},
                      Case{"policy.sgx.tcb_status", true, [](Claims& c, Package&) { c.tcb_status = "OutOfDate"; }},
                      Case{"policy.sgx.tcb_status", true,
                           [](Claims& c, Package& p) {
                             c.tcb_status = "SWHardeningNeeded";
                             p.accepted_tcb_statuses = {"OutOfDate"};
                           }},
                      Case{"policy.sgx.advisories", true, [](Claims& c, Package& p) {
                             c.tcb_status = "SWHardeningNeeded";
                             c.advisories = {"INTEL-SA-00001", "INTEL-SA-00002"};
                             p.accepted_advisories = {"intel-sa-00001"};
                           }}));

TEST(Decide, HigherSecurityVersionAndOtherHalfOfReportDataAreFine) {
  Claims claims = SimClaims();
  claims.security_version = 9;
  claims.report_data[63] = 1;
  EXPECT_TRUE(Judge(claims, SimPackage()).allowed);
}

TEST(Decide, FieldsNotSetAreNotChecked) {
  Package package;
  package.sim = manifest::SimPackage();
  EXPECT_TRUE(Judge(SimClaims(), package).allowed);
}

TEST(Decide, ListedStatusAndAdvisoriesAreAccepted) {
  Claims claims = SgxClaims();
  claims.tcb_status = "SWHardeningNeeded";
  claims.advisories = {"INTEL-SA-00001"};
  Package package = SgxPackage();
  EXPECT_TRUE(Judge(claims, package, false).allowed);
  package.accepted_advisories = {"intel-sa-00001"};
  EXPECT_TRUE(Judge(claims, package, false).allowed);
}

TEST(Decide, NoEvidenceCountsInSimulationOnly) {
  EXPECT_TRUE(Judge(Claims(), SgxPackage(), true).allowed);
  EXPECT_TRUE(Judge(Claims(), SimPackage(), true).allowed);
  EXPECT_EQ(Judge(Claims(), SgxPackage(), false).reason(), "policy.evidence");
}

TEST(Promise8, SimulatedEvidenceNeverCountsOutsideSimulation) {
  const Decision decision = Judge(SimClaims(), SimPackage(), false);
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.reason(), "policy.simulation");
}

TEST(Promise4, ARefusalNamesRuleExpectedSeenAndPlace) {
  Claims claims = SimClaims();
  claims.measurement = Bytes(32, 0x11);
  const std::string summary = Judge(claims, SimPackage()).Summary();
  EXPECT_NE(summary.find("policy.sim.measurement"), std::string::npos);
  EXPECT_NE(summary.find("abab"), std::string::npos);
  EXPECT_NE(summary.find("1111"), std::string::npos);
  EXPECT_NE(summary.find("/Packages/a~1b/Sim/Measurement"), std::string::npos);
}

}  // namespace
}  // namespace steelie::policy
