#include "policy/decide.h"

#include <algorithm>

#include "manifest/problem.h"
#include "policy/observe.h"
#include "policy/remedy.h"

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::EvidenceKind;
using manifest::Demand;
using manifest::Package;
using manifest::PackageKind;
using manifest::ReferenceSet;

EvidenceKind EvidenceOf(PackageKind kind) {
  switch (kind) {
    case PackageKind::kSim:
      return EvidenceKind::kSim;
    case PackageKind::kTdx:
      return EvidenceKind::kTdx;
    case PackageKind::kSnp:
      return EvidenceKind::kSnp;
    case PackageKind::kSgx:
      break;
  }
  return EvidenceKind::kSgx;
}

Check CheckDemand(const Claims& claims, const Demand& demand, const std::string& kind, const std::string& pointer) {
  Check check;
  check.rule = "policy." + kind + "." + demand.rule;
  check.pointer = pointer + "/" + demand.member;
  check.expected = demand.Expected();
  const auto seen = Observe(claims, demand);
  if (!seen) {
    check.seen = "no such claim";
    return check;
  }
  check.document = seen->document;
  check.seen = seen->text;
  check.pass = Satisfies(*seen, demand);
  return check;
}

/// How one set of the package fares.
struct Attempt {
  const ReferenceSet* set = nullptr;
  std::string pointer;
  std::vector<Check> trace;
  std::size_t failed = 0;
};

Attempt Try(const Claims& claims, const ReferenceSet& set, std::string pointer) {
  Attempt out{&set, std::move(pointer), {}, 0};
  const EvidenceKind wanted = EvidenceOf(KindOf(set));
  if (claims.kind != wanted) {
    out.trace.push_back({"policy.kind", out.pointer, "", "evidence of kind " + std::string(EvidenceKindName(wanted)),
                         "evidence of kind " + std::string(EvidenceKindName(claims.kind)), false});
    // Further away than any set of the right kind.
    out.failed = ~std::size_t{0};
    return out;
  }
  const std::string kind(EvidenceKindName(wanted));
  for (const Demand& demand : manifest::DemandsOf(set)) {
    if (demand.open() || !Applies(claims, demand)) continue;
    out.trace.push_back(CheckDemand(claims, demand, kind, out.pointer));
    if (!out.trace.back().pass) ++out.failed;
  }
  return out;
}

std::vector<Attempt> TryAll(const Claims& claims, const Package& package, const std::string& base) {
  std::vector<Attempt> out;
  out.push_back(Try(claims, package, base));
  for (std::size_t i = 0; i < package.alternatives.size() && out.back().failed != 0; ++i) {
    out.push_back(Try(claims, package.alternatives[i], base + "/Alternatives/" + std::to_string(i)));
  }
  return out;
}

std::vector<Check> FailedOf(const std::vector<Check>& trace) {
  std::vector<Check> out;
  std::ranges::copy_if(trace, std::back_inserter(out), [](const Check& check) { return !check.pass; });
  return out;
}

Check CheckBinding(const Claims& claims, const Context& context) {
  // Only the first half binds; the other half is the program's own.
  const ByteView expected = ByteView(context.binding).first(32);
  const ByteView seen = ByteView(claims.report_data).first(32);
  return {"policy.binding",
          "",
          "docs/formats/evidence.md, \"Binding\"",
          "report data " + HexEncode(expected) + " (SHA-256 of the TLS client certificate)",
          HexEncode(seen),
          PublicEqual(expected, seen)};
}

Decision NoEvidence(bool simulation) {
  Decision decision;
  decision.allowed = simulation;
  decision.trace.push_back({"policy.evidence", "", "",
                            simulation ? "none needed in simulation mode" : "evidence of a TEE", "no evidence",
                            simulation});
  if (!simulation) decision.hopeless = "there is no evidence: nothing in the manifest admits a program without";
  return decision;
}

}  // namespace

std::string Decision::reason() const {
  const auto failed = std::ranges::find_if(trace, [](const Check& c) { return !c.pass; });
  return failed == trace.end() ? "" : failed->rule;
}

std::string Decision::Summary() const {
  std::string out;
  for (const Check& check : trace) {
    if (check.pass) continue;
    if (!out.empty()) out += "; ";
    out += check.rule + ": expected " + check.expected + ", seen " + check.seen;
    if (!check.pointer.empty()) out += " (manifest " + check.pointer + ")";
  }
  if (!others.empty()) out += "; " + std::to_string(others.size()) + " alternative(s) of the package fail as well";
  return out;
}

Decision DecideOnClaims(const Claims& claims, const Package& package, std::string_view package_name) {
  if (claims.kind == EvidenceKind::kNone) return NoEvidence(false);
  const std::string base = "/Packages/" + manifest::PointerToken(package_name);
  std::vector<Attempt> attempts = TryAll(claims, package, base);
  auto best = std::ranges::min_element(attempts, {}, &Attempt::failed);
  Decision decision;
  decision.allowed = best->failed == 0;
  if (!decision.allowed) {
    for (auto it = attempts.begin(); it != attempts.end(); ++it) {
      if (it != best) decision.others.push_back(FailedOf(it->trace));
    }
  }
  decision.trace = std::move(best->trace);
  return decision;
}

Decision Decide(const Claims& claims, const Package& package, std::string_view package_name, const Context& context) {
  if (claims.kind == EvidenceKind::kNone) return NoEvidence(context.simulation);
  Decision decision = DecideOnClaims(claims, package, package_name);
  const auto refuse = [&](std::string why) {
    decision.allowed = false;
    if (decision.hopeless.empty()) decision.hopeless = std::move(why);
  };
  const Check binding = CheckBinding(claims, context);
  decision.trace.insert(decision.trace.begin(), binding);
  if (!binding.pass) {
    refuse(
        "the evidence belongs to another TLS certificate than the connection's: nothing in the manifest changes that");
  }
  // Simulated evidence never counts outside simulation, whatever a manifest says.
  if (claims.kind == EvidenceKind::kSim && !context.simulation) {
    decision.trace.push_back({"policy.simulation", "", "", "evidence of a TEE", "simulated evidence", false});
    refuse("simulated evidence never counts outside simulation mode: nothing in the manifest changes that");
  }
  return decision;
}

std::vector<Remedy> RemediesFor(const Claims& claims, const Package& package, std::string_view package_name) {
  const std::string base = "/Packages/" + manifest::PointerToken(package_name);
  const std::vector<Attempt> attempts = TryAll(claims, package, base);
  const auto best = std::ranges::min_element(attempts, {}, &Attempt::failed);
  if (best->failed == 0) return {};
  return FindRemedies(claims, *best->set, best->pointer, base, !package.alternatives.empty());
}

}  // namespace steelie::policy
