#include "manifest/update.h"

#include <optional>

#include "manifest/problem.h"

namespace steelie::manifest {
namespace {

Error Refused(std::string_view reason, std::string_view text, const std::string& detail) {
  return Error(Code::kInvalidArgument, std::string(reason), std::string(text) + (detail.empty() ? "" : ": ") + detail);
}

bool HasUnupdatable(const Package& update, const Package& current) {
  if (update.debug || !update.unique_id.empty() || !update.signer_id.empty() || update.product_id) return true;
  if (!update.sim) return false;
  const SimPackage& sim = *update.sim;
  return !current.sim || sim.debug || sim.measurement || sim.signer_id || sim.product_id ||
         (sim.security_version && update.security_version);
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
    const auto version =
        package.sim && package.sim->security_version ? package.sim->security_version : package.security_version;
    if (!version) {
      return Refused("manifest.update.no_version", "update manifest does not specify a SecurityVersion to update",
                     where);
    }
    const auto before = now->second.sim ? now->second.sim->security_version : now->second.security_version;
    if (before && *version < *before) {
      return Refused("manifest.update.downgrade",
                     "update manifest tries to downgrade SecurityVersion of the original manifest",
                     where + " has " + std::to_string(*before) + ", the update says " + std::to_string(*version));
    }
    out.emplace(name, *version);
  }
  return out;
}

void SetSecurityVersion(Package& package, std::uint64_t version) {
  if (package.sim) {
    package.sim->security_version = version;
  } else {
    package.security_version = version;
  }
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
