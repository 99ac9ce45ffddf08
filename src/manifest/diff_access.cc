#include <algorithm>
#include <array>

#include "manifest/diff_builder.h"
#include "manifest/roles.h"
#include "manifest/update.h"

namespace steelie::manifest {
namespace {

// Two texts may hold one certificate or key: spaces and line ends do not matter.
bool SamePem(const std::string& a, const std::string& b) {
  const auto squeeze = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return text;
  };
  return a == b || squeeze(a) == squeeze(b);
}

SecretFate FateOf(const Secret* before, const Secret& after, bool rotate) {
  const bool stored = after.shared || after.user_defined;
  if (!stored && IsCertificate(after.type)) return SecretFate::kPerActivation;
  if (before == nullptr) return after.user_defined ? SecretFate::kAwaitsUpload : SecretFate::kNew;
  if (KeptByUpdate(*before, after, rotate)) return SecretFate::kKept;
  return after.user_defined ? SecretFate::kCleared : SecretFate::kRegenerated;
}

std::string FateText(SecretFate fate, const Secret& secret) {
  switch (fate) {
    case SecretFate::kKept:
      return "keeps its value";
    case SecretFate::kRegenerated:
      return IsCertificate(secret.type) ? "gets a new key and certificate" : "gets a new value";
    case SecretFate::kCleared:
      return "loses its value, since its definition changes: it must be uploaded again";
    case SecretFate::kNew:
      return "is new";
    case SecretFate::kAwaitsUpload:
      return "is new and must be uploaded";
    case SecretFate::kDropped:
      return "is gone, with its value";
    case SecretFate::kPerActivation:
      return "is made anew at every activation";
  }
  return "";
}

std::vector<std::string> Missing(const std::vector<std::string>& from, const std::vector<std::string>& in) {
  std::vector<std::string> out;
  std::ranges::copy_if(from, std::back_inserter(out),
                       [&](const std::string& item) { return std::ranges::find(in, item) == in.end(); });
  return out;
}

// Of nobody, nobody is enough.
std::uint64_t EffectiveThreshold(std::uint64_t threshold, std::size_t all) {
  return threshold == 0 || all == 0 ? all : threshold;
}

std::size_t UpdaterCount(const Manifest& manifest) {
  std::size_t count = 0;
  for (const auto& [name, permissions] : ResolvePermissions(manifest)) {
    if (permissions.Has(Action::kUpdateManifest)) ++count;
  }
  return count;
}

void CompareRecovery(const Manifest& before, const Manifest& after, DiffBuilder& out) {
  ForBoth(before.recovery_keys, after.recovery_keys,
          [&](const std::string& name, const std::string* a, const std::string* b) {
            const std::string key = "recovery key " + Quoted(name);
            if (a == nullptr) return out.Add({"RecoveryKeys", name}, Effect::kReplaces, key + " is new");
            if (b == nullptr) return out.Add({"RecoveryKeys", name}, Effect::kReplaces, key + " is gone");
            if (*a != *b) out.Add({"RecoveryKeys", name}, Effect::kReplaces, key + " changes");
          });
  const std::uint64_t was = EffectiveThreshold(before.config.recovery_threshold, before.recovery_keys.size());
  const std::uint64_t is = EffectiveThreshold(after.config.recovery_threshold, after.recovery_keys.size());
  if (was == is) return;
  if (is == 0) {
    return out.Add({"RecoveryKeys"}, Effect::kLocksOut,
                   "nobody will be able to recover the state any more: there are no recovery keys");
  }
  if (was == 0) {
    return out.Add({"RecoveryKeys"}, Effect::kLoosens,
                   "nobody could recover the state, holders of " + std::to_string(is) + " of " +
                       std::to_string(after.recovery_keys.size()) + " keys will be able to");
  }
  out.Add({"Config", "RecoveryThreshold"}, is < was ? Effect::kLoosens : Effect::kTightens,
          "recovery needed " + std::to_string(was) + " of " + std::to_string(before.recovery_keys.size()) +
              " keys, will need " + std::to_string(is) + " of " + std::to_string(after.recovery_keys.size()));
}

std::string_view SealModeName(SealMode mode) {
  switch (mode) {
    case SealMode::kProductKey:
      return "ProductKey";
    case SealMode::kUniqueKey:
      return "UniqueKey";
    case SealMode::kDisabled:
      return "Disabled";
  }
  return "";
}

void CompareGates(const Manifest& before, const Manifest& after, DiffBuilder& out) {
  struct Named {
    FeatureGate gate;
    std::string_view name;
  };
  constexpr std::array kGates = {Named{FeatureGate::kSignQuoteEndpoint, "SignQuoteEndpoint"},
                                 Named{FeatureGate::kMonotonicCounter, "MonotonicCounter"}};
  for (const auto& [gate, name] : kGates) {
    const bool was = std::ranges::find(before.config.feature_gates, gate) != before.config.feature_gates.end();
    const bool is = std::ranges::find(after.config.feature_gates, gate) != after.config.feature_gates.end();
    if (was == is) continue;
    out.Add({"Config", "FeatureGates"}, is ? Effect::kLoosens : Effect::kTightens,
            std::string("feature ") + std::string(name) + (is ? " is switched on" : " is switched off"));
  }
}

}  // namespace

void CompareSecrets(const Manifest& before, const Manifest& after, Diff& diff, DiffBuilder& out) {
  const bool rotate = after.config.rotate_root_secret;
  ForBoth(before.secrets, after.secrets, [&](const std::string& name, const Secret* a, const Secret* b) {
    const SecretFate fate = b == nullptr ? SecretFate::kDropped : FateOf(a, *b, rotate);
    diff.secrets.emplace(name, fate);
    const std::string secret = "secret " + Quoted(name) + " ";
    if (a != nullptr && b != nullptr && !a->shared && b->shared) {
      out.Add({"Secrets", name, "Shared"}, Effect::kLoosens, secret + "will be one value for all marbles");
    }
    if (fate == SecretFate::kKept || fate == SecretFate::kPerActivation) return;
    out.Add({"Secrets", name}, Effect::kNeutral, secret + FateText(fate, b == nullptr ? *a : *b));
  });
}

void CompareUsers(const Manifest& before, const Manifest& after, Diff& diff, DiffBuilder& out) {
  const NameMap<Permissions> had = ResolvePermissions(before);
  const NameMap<Permissions> has = ResolvePermissions(after);
  ForBoth(before.users, after.users, [&](const std::string& name, const User* a, const User* b) {
    RightsChange change;
    change.user = name;
    const auto old_rights = a == nullptr ? std::vector<std::string>() : had.at(name).Describe();
    const auto new_rights = b == nullptr ? std::vector<std::string>() : has.at(name).Describe();
    change.gained = Missing(new_rights, old_rights);
    change.lost = Missing(old_rights, new_rights);
    change.certificate_changed = a != nullptr && b != nullptr && !SamePem(a->certificate, b->certificate);
    const std::string user = "user " + Quoted(name);
    if (a == nullptr) out.Add({"Users", name}, Effect::kLoosens, user + " is new");
    if (b == nullptr) out.Add({"Users", name}, Effect::kTightens, user + " is gone");
    if (change.certificate_changed) {
      out.Add({"Users", name, "Certificate"}, Effect::kReplaces,
              user + " has another certificate: the rights pass to whoever holds its key");
    }
    for (const std::string& right : change.gained) {
      out.Add({"Users", name, "Roles"}, Effect::kLoosens, user + " gains " + Shown(right));
    }
    for (const std::string& right : change.lost) {
      out.Add({"Users", name, "Roles"}, Effect::kTightens, user + " loses " + Shown(right));
    }
    if (!change.gained.empty() || !change.lost.empty() || change.certificate_changed) {
      diff.rights.push_back(std::move(change));
    }
  });
}

void CompareConfig(const Manifest& before, const Manifest& after, DiffBuilder& out) {
  CompareRecovery(before, after, out);
  const std::uint64_t was = EffectiveThreshold(before.config.update_threshold, UpdaterCount(before));
  const std::uint64_t is = EffectiveThreshold(after.config.update_threshold, UpdaterCount(after));
  if (was == 0 && is != 0) {
    out.Add({"Config", "UpdateThreshold"}, Effect::kLoosens,
            "nobody could replace the manifest, " + std::to_string(is) + " users together will be able to");
  } else if (was != 0 && is == 0) {
    out.Add({"Config", "UpdateThreshold"}, Effect::kLocksOut,
            "nobody will be able to replace the manifest any more: no user may update it");
  } else if (was != is) {
    out.Add({"Config", "UpdateThreshold"}, is < was ? Effect::kLoosens : Effect::kTightens,
            "an update needed " + std::to_string(was) + " users, will need " + std::to_string(is));
  }
  if (before.config.seal_mode != after.config.seal_mode) {
    const bool narrower = after.config.seal_mode == SealMode::kUniqueKey;
    out.Add({"Config", "SealMode"}, narrower ? Effect::kTightens : Effect::kLoosens,
            "seal mode was " + std::string(SealModeName(before.config.seal_mode)) + ", will be " +
                std::string(SealModeName(after.config.seal_mode)));
  }
  if (after.config.rotate_root_secret) {
    out.Add({"Config", "RotateRootSecret"}, Effect::kNeutral,
            "the root secret is rotated: sealing keys and all generated keys change, the old ones are `.Previous`");
  }
  CompareGates(before, after, out);
}

}  // namespace steelie::manifest
