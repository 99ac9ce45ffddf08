#include <algorithm>
#include <array>
#include <string>

#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

constexpr std::array<std::string_view, 8> kTcbStatuses = {
    "UpToDate",
    "OutOfDate",
    "Revoked",
    "ConfigurationNeeded",
    "OutOfDateConfigurationNeeded",
    "SWHardeningNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "Unknown",
};

bool IsAdvisory(std::string_view text) {
  constexpr std::string_view kPrefix = "INTEL-SA-";
  constexpr std::size_t kDigits = 5;
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper.starts_with(kPrefix) && upper.size() == kPrefix.size() + kDigits &&
         upper.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos;
}

// A package or one of its alternatives, with where it stands.
struct Placed {
  const std::string& name;
  const ReferenceSet& set;
  std::string pointer;
};

std::vector<Placed> SetsOf(const std::string& name, const Package& package) {
  const std::string base = "/Packages/" + PointerToken(name);
  std::vector<Placed> out{{name, package, base}};
  for (std::size_t i = 0; i < package.alternatives.size(); ++i) {
    out.push_back({name, package.alternatives[i], base + "/Alternatives/" + std::to_string(i)});
  }
  return out;
}

// An error, but in debug mode only a warning.
void Report(Checker& c, bool debug, std::string pointer, std::string_view reason, std::string message) {
  if (debug) {
    c.WarnAt(std::move(pointer), reason, std::move(message) + " (tolerated because it is a debug package)");
  } else {
    c.ErrorAt(std::move(pointer), reason, std::move(message));
  }
}

bool HasSgxIdentity(const ReferenceSet& p) {
  return p.debug || !p.unique_id.empty() || !p.signer_id.empty() || p.product_id || p.security_version;
}

bool HasTcbFields(const ReferenceSet& p) { return !p.accepted_tcb_statuses.empty() || !p.accepted_advisories.empty(); }

void CheckMixed(Checker& c, const Placed& at) {
  const ReferenceSet& set = at.set;
  const int sections = int{set.sim.has_value()} + int{set.tdx.has_value()} + int{set.snp.has_value()};
  if (sections == 0) return;
  const std::string kind(PackageKindName(KindOf(set)));
  if (sections > 1) {
    c.ErrorAt(at.pointer + "/" + kind, "manifest.package.mixed",
              "the package " + Shown(at.name) +
                  " has several of `Sim`, `TDX` and `SNP`; a package is for one platform: move the others into "
                  "`Alternatives`, or make packages of them");
  } else if (HasSgxIdentity(set) || (set.sim && HasTcbFields(set))) {
    c.ErrorAt(
        at.pointer + "/" + kind, "manifest.package.mixed",
        "the package " + Shown(at.name) + " has both SGX fields and `" + kind +
            "`; a package is for one platform, make two of it (the fields `Debug` and `SecurityVersion` of such a "
            "package belong into `" +
            kind + "`)");
  }
}

// Rules 4 and 5, for a package that a marble uses.
void CheckSgx(Checker& c, const Placed& at) {
  const ReferenceSet& p = at.set;
  if (!p.unique_id.empty()) {
    if (p.signer_id.empty() && !p.product_id && !p.security_version) return;
    return Report(c, p.debug, at.pointer + "/UniqueID", "manifest.package.overspecified",
                  "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package " +
                      Shown(at.name) +
                      "; keep UniqueID for exactly one build, or the other three for a line of builds");
  }
  const std::string missing = p.signer_id.empty()   ? "SignerID"
                              : !p.product_id       ? "ProductID"
                              : !p.security_version ? "SecurityVersion"
                                                    : "";
  if (missing.empty()) return;
  Report(c, p.debug, at.pointer + "/" + missing, "manifest.package.incomplete",
         "manifest misses value for " + missing + " in package " + Shown(at.name) +
             "; give SignerID, ProductID and SecurityVersion, or only UniqueID");
}

void CheckSim(Checker& c, const Placed& at) {
  const SimPackage& sim = *at.set.sim;
  if (sim.measurement || (sim.signer_id && sim.product_id && sim.security_version)) return;
  Report(c, sim.debug, at.pointer + "/Sim", "manifest.package.sim_incomplete",
         "the simulated package " + Shown(at.name) +
             " needs `Measurement`, or `SignerID`, `ProductID` and `SecurityVersion`");
}

void CheckRegister(Checker& c, const Placed& at, const std::string& member, const std::optional<std::uint64_t>& value,
                   const std::optional<std::uint64_t>& mask) {
  const std::string pointer = at.pointer + "/TDX/" + member;
  if (mask && !value) {
    c.ErrorAt(pointer + "Mask", "manifest.package.mask",
              "`" + member + "Mask` says which bits of `" + member + "` count; give `" + member + "`, too");
  } else if (mask && (*value & ~*mask) != 0) {
    c.ErrorAt(pointer, "manifest.package.mask",
              "`" + member + "` has bits set that `" + member + "Mask` leaves out; clear them, or widen the mask");
  }
}

void CheckTdx(Checker& c, const Placed& at) {
  const TdxPackage& tdx = *at.set.tdx;
  CheckRegister(c, at, "Attributes", tdx.attributes, tdx.attributes_mask);
  CheckRegister(c, at, "XFAM", tdx.xfam, tdx.xfam_mask);
  if (tdx.attributes) {
    const std::uint64_t mask = tdx.attributes_mask.value_or(~std::uint64_t{0});
    constexpr std::uint64_t kDebug = 1;
    if ((mask & kDebug) != 0 && ((*tdx.attributes & kDebug) != 0) != tdx.debug) {
      c.ErrorAt(at.pointer + "/TDX/Attributes", "manifest.package.attributes",
                "bit 0 of `Attributes` (DEBUG) contradicts `Debug`: no trust domain can satisfy both");
    }
  }
  if (tdx.mr_td) return;
  Report(c, tdx.debug, at.pointer + "/TDX", "manifest.package.tdx_incomplete",
         "the TDX package " + Shown(at.name) + " needs `MRTD`: without it any firmware would do");
}

void CheckSnp(Checker& c, const Placed& at) {
  const SnpPackage& snp = *at.set.snp;
  if (snp.measurement || snp.id_key_digest || snp.author_key_digest) return;
  Report(c, snp.debug, at.pointer + "/SNP", "manifest.package.snp_incomplete",
         "the SNP package " + Shown(at.name) +
             " needs `Measurement`, or `IDKeyDigest` or `AuthorKeyDigest`: without one any guest would do");
}

void AdviseOnTcb(Checker& c, const Placed& at) {
  const ReferenceSet& p = at.set;
  if (p.snp && HasTcbFields(p)) {
    c.WarnAt(
        at.pointer + (p.accepted_tcb_statuses.empty() ? "/AcceptedAdvisories" : "/AcceptedTCBStatuses"),
        "manifest.advice.no_status",
        "AMD publishes neither TCB statuses nor advisories per platform, so these lists have no effect for SNP; use "
        "`SNP.MinimumTCB`");
  }
  for (std::size_t i = 0; i < p.accepted_tcb_statuses.size(); ++i) {
    const std::string& status = p.accepted_tcb_statuses[i];
    if (std::ranges::find(kTcbStatuses, status) != kTcbStatuses.end()) continue;
    c.WarnAt(at.pointer + "/AcceptedTCBStatuses/" + std::to_string(i), "manifest.advice.tcb_status",
             "no platform reports the TCB status " + Quoted(status) + c.Suggest(status, kTcbStatuses));
  }
  for (std::size_t i = 0; i < p.accepted_advisories.size(); ++i) {
    if (IsAdvisory(p.accepted_advisories[i])) continue;
    c.WarnAt(at.pointer + "/AcceptedAdvisories/" + std::to_string(i), "manifest.advice.advisory",
             "expected an advisory such as `INTEL-SA-00615`, found " + Quoted(p.accepted_advisories[i]));
  }
}

void AdviseOnVersion(Checker& c, const Placed& at) {
  const ReferenceSet& p = at.set;
  const auto& version = p.sim ? p.sim->security_version : p.security_version;
  if (version != 0U) return;
  c.WarnAt(at.pointer + (p.sim ? "/Sim/SecurityVersion" : "/SecurityVersion"), "manifest.advice.security_version",
           "`SecurityVersion` 0 of package " + Shown(at.name) +
               " admits every build, also those with known weaknesses; begin with 1");
}

void AdviseOnCvm(Checker& c, const Placed& at) {
  if (const auto& tdx = at.set.tdx; tdx && !tdx->rtmr[1] && !tdx->rtmr[2] && !tdx->debug) {
    c.WarnAt(at.pointer + "/TDX", "manifest.advice.rtmr",
             "the TDX package " + Shown(at.name) +
                 " checks neither `RTMR1` nor `RTMR2`: any kernel and command line would do unless the firmware itself "
                 "checks them");
  }
  if (const auto& snp = at.set.snp; snp && snp->minimum_tcb.empty() && !snp->debug) {
    c.WarnAt(at.pointer + "/SNP", "manifest.advice.minimum_tcb",
             "the SNP package " + Shown(at.name) +
                 " has no `MinimumTCB`: machines with firmware of any age would do; name the products and the lowest "
                 "versions that you accept");
  }
}

}  // namespace

void CheckPackage(Checker& c, const std::string& name, const Package& package, bool used) {
  for (const Placed& at : SetsOf(name, package)) {
    CheckMixed(c, at);
    if (at.set.sim) CheckSim(c, at);
    if (at.set.tdx) CheckTdx(c, at);
    if (at.set.snp) CheckSnp(c, at);
    if (KindOf(at.set) == PackageKind::kSgx && used) CheckSgx(c, at);
  }
}

void AdviseOnPackage(Checker& c, const std::string& name, const Package& package) {
  for (const Placed& at : SetsOf(name, package)) {
    AdviseOnTcb(c, at);
    AdviseOnVersion(c, at);
    AdviseOnCvm(c, at);
  }
}

}  // namespace steelie::manifest
