#pragma once

#include <string>
#include <vector>

#include "attest/claims.h"
#include "manifest/model.h"
#include "policy/decide.h"

namespace steelie::policy {

// What would have to change in a manifest for claims to be admitted. Internal to this folder.

/// The smallest change for `set`, the reference set at `pointer` that comes closest. Where an identity differs (a
/// measurement, a signer), that is a further alternative of the package at `base`, so that what is admitted now stays
/// admitted; where a limit is missed, it is the limit.
std::vector<Remedy> FindRemedies(const attest::Claims& claims, const manifest::ReferenceSet& set,
                                 const std::string& pointer, const std::string& base, bool has_alternatives);

}  // namespace steelie::policy
