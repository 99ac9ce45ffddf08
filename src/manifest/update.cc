#include "manifest/update.h"

#include <algorithm>
#include <optional>

#include "manifest/demands.h"
#include "manifest/problem.h"

namespace steelie::manifest {
namespace {

Error Refused(std::string_view reason, std::string_view text, const std::string& detail) {
  return Error(Code::kInvalidArgument, std::string(reason), std::string(text) + (detail.empty() ? "" : ": ") + detail);
}

// What an update may say of a package is its version, in the member that the package has for it.
bool HasUnupdatable(const Package& update, const Package& current) {
  if (update.debug || !update.unique_id.empty() || !update.signer_id.empty() || update.product_id || update.tdx ||
      !update.alternatives.empty()) {
    return true;
  }
  if (update.sim) {
    const SimPackage& sim = *update.sim;
    if (!current.sim || update.snp || sim.debug || sim.measurement || sim.signer_id || sim.product_id) return true;
    return sim.security_version && update.security_version;
  }
  if (!update.snp) return false;
  const std::vector<Demand> said = DemandsOf(update);
  ReferenceSet only_version;
  only_version.snp.emplace().guest_svn = update.snp->guest_svn;
  return !current.snp || said != DemandsOf(only_version) || (update.snp->guest_svn && update.security_version);
}

// The member of a set that holds its security version; null if the kind has none.
std::optional<std::uint64_t>* VersionOf(ReferenceSet& set) {
  switch (KindOf(set)) {
    case PackageKind::kSim:
      return &set.sim->security_version;
    case PackageKind::kSnp:
      return &set.snp->guest_svn;
    case PackageKind::kSgx:
      return &set.security_version;
    case PackageKind::kTdx:
      break;
  }
  return nullptr;
}

// The lowest version that any set of the package admits; nothing if no set has one.
std::optional<std::uint64_t> LowestVersion(const Package& package) {
  std::optional<std::uint64_t> lowest;
  Package copy = package;
  const auto look = [&](ReferenceSet& set) {
    const auto* version = VersionOf(set);
    if (version != nullptr) lowest = std::min(lowest.value_or(~std::uint64_t{0}), version->value_or(0));
  };
  look(copy);
  for (ReferenceSet& set : copy.alternatives) look(set);
  return lowest;
}

std::uint64_t EffectiveThreshold(const Manifest& m) {
  return m.config.recovery_threshold == 0 ? m.recovery_keys.size() : m.config.recovery_threshold;
}

}  // namespace

bool IsPackageOnly(const Manifest& update) {
  return !update.has_infrastructures && update.marbles.empty() && update.users.empty() &&
         update.recovery_keys.empty() && update.roles.empty() && update.secrets.empty() && update.tls.empty();
}

std::vector<std::string> PackageNames(const Manifest& update) {
  std::vector<std::string> out;
  out.reserve(update.packages.size());
  for (const auto& [name, package] : update.packages) out.push_back(name);
  return out;
}

Result<NameMap<std::uint64_t>> CheckPackageUpdate(const Manifest& update, const NameMap<Package>& current) {
  if (update.packages.empty()) return Refused("manifest.update.no_packages", "no packages defined", "");
  NameMap<std::uint64_t> out;
  for (const auto& [name, package] : update.packages) {
    const std::string where = "package " + Shown(name);
    const auto now = current.find(name);
    if (now == current.end()) {
      return Refused("manifest.update.unknown_package",
                     "update manifest specifies a package which the original manifest does not contain", where);
    }
    if (HasUnupdatable(package, now->second)) {
      return Refused("manifest.update.unupdatable", "update manifest contains unupdatable values",
                     where + "; give only the SecurityVersion");
    }
    const auto version = package.sim && package.sim->security_version ? package.sim->security_version
                         : package.snp && package.snp->guest_svn      ? package.snp->guest_svn
                                                                      : package.security_version;
    if (!version) {
      return Refused("manifest.update.no_version", "update manifest does not specify a SecurityVersion to update",
                     where);
    }
    const auto before = LowestVersion(now->second);
    if (!before) {
      return Refused("manifest.update.no_version_kind", "update manifest contains unupdatable values",
                     where + " is for TDX, which has no security version; use a full update with other measurements");
    }
    if (*version < *before) {
      return Refused("manifest.update.downgrade",
                     "update manifest tries to downgrade SecurityVersion of the original manifest",
                     where + " has " + std::to_string(*before) + ", the update says " + std::to_string(*version));
    }
    out.emplace(name, *version);
  }
  return out;
}

void RaiseSecurityVersion(Package& package, std::uint64_t version) {
  const auto raise = [&](ReferenceSet& set) {
    auto* at = VersionOf(set);
    if (at != nullptr && at->value_or(0) <= version) *at = version;
  };
  raise(package);
  for (ReferenceSet& set : package.alternatives) raise(set);
  package.raised_version = version;
}

bool SameDefinition(const Secret& a, const Secret& b) {
  return a.type == b.type && a.size == b.size && a.shared == b.shared && a.user_defined == b.user_defined &&
         a.valid_for == b.valid_for;
}

bool KeptByUpdate(const Secret& before, const Secret& after, bool rotate) {
  if (!SameDefinition(before, after)) return false;
  return after.user_defined || (after.type == SecretType::kSymmetricKey && !rotate);
}

bool RecoveryChanged(const Manifest& before, const Manifest& after) {
  return before.recovery_keys != after.recovery_keys || EffectiveThreshold(before) != EffectiveThreshold(after);
}

}  // namespace steelie::manifest
