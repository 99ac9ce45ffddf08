#include "manifest/diff.h"

#include <algorithm>

#include "manifest/diff_builder.h"
#include "manifest/update.h"

namespace steelie::manifest {

std::string_view EffectName(Effect effect) {
  switch (effect) {
    case Effect::kNeutral:
      return "neutral";
    case Effect::kTightens:
      return "tightens";
    case Effect::kLoosens:
      return "loosens";
    case Effect::kReplaces:
      return "replaces";
    case Effect::kLocksOut:
      return "locks_out";
  }
  return "";
}

std::string_view SecretFateName(SecretFate fate) {
  switch (fate) {
    case SecretFate::kKept:
      return "kept";
    case SecretFate::kRegenerated:
      return "regenerated";
    case SecretFate::kCleared:
      return "cleared";
    case SecretFate::kNew:
      return "new";
    case SecretFate::kAwaitsUpload:
      return "awaits_upload";
    case SecretFate::kDropped:
      return "dropped";
    case SecretFate::kPerActivation:
      return "per_activation";
  }
  return "";
}

bool Diff::Loosens() const {
  return std::ranges::any_of(changes, [](const Change& change) { return IsLoosening(change.effect); });
}

Diff Compare(const Manifest& before, const NameMap<Package>& in_force, const Manifest& after) {
  Diff diff;
  DiffBuilder out;
  ComparePackages(in_force, after.packages, out);
  CompareMarbles(before, after, out);
  CompareSecrets(before, after, diff, out);
  CompareUsers(before, after, diff, out);
  CompareConfig(before, after, out);
  diff.rotates_root_secret = after.config.rotate_root_secret;
  diff.recovery_changed = RecoveryChanged(before, after);
  diff.changes = out.Take();
  return diff;
}

Diff ComparePackageUpdate(const Manifest& before, const NameMap<Package>& in_force,
                          const NameMap<std::uint64_t>& versions) {
  Diff diff;
  diff.package_update = true;
  NameMap<Package> after = in_force;
  for (const auto& [name, version] : versions) RaiseSecurityVersion(after[name], version);
  DiffBuilder out;
  ComparePackages(in_force, after, out);
  // Shared certificates are issued anew by the new intermediate CA; everything else stays.
  for (const auto& [name, secret] : before.secrets) {
    const bool generated = IsCertificate(secret.type) && !secret.user_defined;
    if (!generated) {
      diff.secrets.emplace(name, SecretFate::kKept);
    } else {
      diff.secrets.emplace(name, secret.shared ? SecretFate::kRegenerated : SecretFate::kPerActivation);
    }
  }
  diff.changes = out.Take();
  return diff;
}

}  // namespace steelie::manifest
