#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "manifest/model.h"

namespace steelie::manifest {

// Which kind of update a document is, and what follows from it. Pure functions, thread-safe.

/// Whether an update document only raises security versions: no entries outside `Packages`; `Config` does not count. An
/// empty document is one, too.
bool IsPackageOnly(const Manifest& update);

/// Names of the packages in an update, for the permission check.
std::vector<std::string> PackageNames(const Manifest& update);

/// New security versions by package, if a package-only update may be applied to the packages in force. A simulated
/// package takes its version from `SecurityVersion` or from `Sim.SecurityVersion`.
/// Errors, all kInvalidArgument: `manifest.update.no_packages`, `manifest.update.unknown_package`,
/// `manifest.update.unupdatable`, `manifest.update.no_version`, `manifest.update.no_version_kind`,
/// `manifest.update.downgrade`.
Result<NameMap<std::uint64_t>> CheckPackageUpdate(const Manifest& update, const NameMap<Package>& current);

/// Raises the security version of a package and of those of its alternatives that are below it.
void RaiseSecurityVersion(Package& package, std::uint64_t version);

/// Whether a stored secret stays what it is under a new manifest: same type, size, scope, origin and lifetime. The
/// certificate template is not compared.
bool SameDefinition(const Secret& a, const Secret& b);

/// Whether a full update keeps the stored value of a secret: its definition stays, and it came from a user or is a key
/// that is not rotated.
bool KeptByUpdate(const Secret& before, const Secret& after, bool rotate);

/// Whether new recovery data is needed: other keys (names and text compared), or another threshold in effect. 0 means
/// all keys.
bool RecoveryChanged(const Manifest& before, const Manifest& after);

}  // namespace steelie::manifest
