#include "policy/decide.h"

#include <algorithm>

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::EvidenceKind;
using manifest::Package;

// RFC 6901 section 3.
std::string EscapePointer(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string BoolText(bool value) { return value ? "true" : "false"; }

std::string ListText(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "none" : out;
}

class Evaluation {
 public:
  Evaluation(std::string_view kind, std::string_view package_name, std::string_view section)
      : prefix_("policy." + std::string(kind) + "."),
        pointer_("/Packages/" + EscapePointer(package_name) + std::string(section)) {}

  void Add(std::string_view rule, std::string_view member, std::string expected, std::string seen, bool pass) {
    decision_.trace.push_back({prefix_ + std::string(rule), pointer_ + "/" + std::string(member), std::move(expected),
                               std::move(seen), pass});
  }
  void Minimum(std::string_view rule, std::string_view member, std::uint64_t minimum, std::uint64_t seen) {
    Add(rule, member, "at least " + std::to_string(minimum), std::to_string(seen), seen >= minimum);
  }
  void Equal(std::string_view rule, std::string_view member, const std::string& expected, const std::string& seen) {
    Add(rule, member, expected, seen, expected == seen);
  }
  Decision Take() { return std::move(decision_); }

 private:
  std::string prefix_;
  std::string pointer_;
  Decision decision_;
};

Decision DecideSim(const Claims& claims, const Package& package, std::string_view name) {
  const manifest::SimPackage& sim = *package.sim;
  Evaluation eval("sim", name, "/Sim");
  eval.Equal("debug", "Debug", BoolText(sim.debug), BoolText(claims.debug));
  if (sim.measurement) {
    eval.Equal("measurement", "Measurement", HexEncode(*sim.measurement), HexEncode(claims.measurement));
  }
  if (sim.signer_id) eval.Equal("signer", "SignerID", HexEncode(*sim.signer_id), HexEncode(claims.signer));
  if (sim.product_id) {
    eval.Equal("product", "ProductID", std::to_string(*sim.product_id), std::to_string(claims.product_id));
  }
  if (sim.security_version) {
    eval.Minimum("security_version", "SecurityVersion", *sim.security_version, claims.security_version);
  }
  return eval.Take();
}

// `UpToDate` needs no listing; without a list just `SWHardeningNeeded` is tolerated.
void CheckTcb(const Claims& claims, const Package& package, Evaluation& eval) {
  std::vector<std::string> accepted = package.accepted_tcb_statuses;
  if (accepted.empty()) accepted = {"SWHardeningNeeded"};
  const bool pass = claims.tcb_status == "UpToDate" || std::ranges::find(accepted, claims.tcb_status) != accepted.end();
  eval.Add("tcb_status", "AcceptedTCBStatuses", "UpToDate, " + ListText(accepted), claims.tcb_status, pass);
  if (claims.tcb_status != "SWHardeningNeeded" || package.accepted_advisories.empty()) return;
  const bool all = std::ranges::all_of(claims.advisories, [&](const std::string& seen) {
    return std::ranges::any_of(package.accepted_advisories,
                               [&](const std::string& listed) { return Lower(listed) == Lower(seen); });
  });
  eval.Add("advisories", "AcceptedAdvisories", ListText(package.accepted_advisories), ListText(claims.advisories), all);
}

Decision DecideSgx(const Claims& claims, const Package& package, std::string_view name) {
  Evaluation eval("sgx", name, "");
  CheckTcb(claims, package, eval);
  eval.Equal("debug", "Debug", BoolText(package.debug), BoolText(claims.debug));
  if (!package.unique_id.empty()) {
    eval.Equal("unique_id", "UniqueID", Lower(package.unique_id), HexEncode(claims.measurement));
  }
  if (!package.signer_id.empty()) {
    eval.Equal("signer_id", "SignerID", Lower(package.signer_id), HexEncode(claims.signer));
  }
  if (package.product_id) {
    eval.Equal("product_id", "ProductID", std::to_string(*package.product_id), std::to_string(claims.product_id));
  }
  if (package.security_version) {
    eval.Minimum("security_version", "SecurityVersion", *package.security_version, claims.security_version);
  }
  return eval.Take();
}

Check CheckBinding(const Claims& claims, const Context& context) {
  // Only the first half binds; the other half is the program's own.
  const ByteView expected = ByteView(context.binding).first(32);
  const ByteView seen = ByteView(claims.report_data).first(32);
  return {"policy.binding", "", "report data " + HexEncode(expected) + " (SHA-256 of the TLS client certificate)",
          HexEncode(seen), PublicEqual(expected, seen)};
}

Decision DecideByKind(const Claims& claims, const Package& package, std::string_view name) {
  if (claims.kind == EvidenceKind::kSim && package.sim) return DecideSim(claims, package, name);
  if (claims.kind == EvidenceKind::kSgx && !package.sim) return DecideSgx(claims, package, name);
  Decision refused;
  refused.trace.push_back({"policy.kind", "/Packages/" + EscapePointer(name),
                           package.sim ? "evidence of kind sim" : "evidence of kind sgx",
                           "evidence of kind " + std::string(EvidenceKindName(claims.kind)), false});
  return refused;
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
  return out;
}

Decision Decide(const Claims& claims, const Package& package, std::string_view package_name, const Context& context) {
  if (claims.kind == EvidenceKind::kNone) {
    Decision decision;
    decision.allowed = context.simulation;
    decision.trace.push_back({"policy.evidence", "",
                              context.simulation ? "none needed in simulation mode" : "evidence of a TEE",
                              "no evidence", context.simulation});
    return decision;
  }
  Decision decision = DecideByKind(claims, package, package_name);
  decision.trace.insert(decision.trace.begin(), CheckBinding(claims, context));
  decision.allowed = std::ranges::all_of(decision.trace, [](const Check& c) { return c.pass; });
  // Simulated evidence never counts outside simulation, whatever a manifest says.
  if (claims.kind == EvidenceKind::kSim && !context.simulation) {
    decision.trace.push_back({"policy.simulation", "", "evidence of a TEE", "simulated evidence", false});
    decision.allowed = false;
  }
  return decision;
}

}  // namespace steelie::policy
