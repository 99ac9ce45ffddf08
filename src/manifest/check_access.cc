#include <algorithm>
#include <map>
#include <string>

#include "crypto/pem.h"
#include "crypto/x509.h"
#include "manifest/checker.h"

namespace steelie::manifest {
namespace {

void CheckRoleNames(Checker& c, const std::string& user, const User& value) {
  const Manifest& m = c.manifest();
  for (std::size_t i = 0; i < value.roles.size(); ++i) {
    if (m.roles.contains(value.roles[i])) continue;
    c.Error({"Users", user, "Roles", std::to_string(i)}, "manifest.user.role",
            "manifest specifies role " + Shown(value.roles[i]) + " for user " + Shown(user) +
                ", but role does not exist" + c.Suggest(value.roles[i], m.roles));
  }
}

void CheckPackageRole(Checker& c, const std::string& name, const Role& role) {
  for (std::size_t i = 0; i < role.resource_names.size(); ++i) {
    const std::string& resource = role.resource_names[i];
    if (c.manifest().packages.contains(resource)) continue;
    c.Error({"Roles", name, "ResourceNames", std::to_string(i)}, "manifest.role.resource",
            "role " + Shown(name) + ": resource " + Shown(resource) + " of type Packages is not defined in manifest" +
                c.Suggest(resource, c.manifest().packages));
  }
}

void CheckSecretRole(Checker& c, const std::string& name, const Role& role) {
  const bool reads = std::ranges::find(role.actions, Action::kReadSecret) != role.actions.end();
  const bool writes = std::ranges::find(role.actions, Action::kWriteSecret) != role.actions.end();
  for (std::size_t i = 0; i < role.resource_names.size(); ++i) {
    const std::string& resource = role.resource_names[i];
    const std::string index = std::to_string(i);
    const auto secret = c.manifest().secrets.find(resource);
    if (secret == c.manifest().secrets.end()) {
      c.Error({"Roles", name, "ResourceNames", index}, "manifest.role.resource",
              "role " + Shown(name) + ": resource " + Shown(resource) + " of type Secrets is not defined in manifest" +
                  c.Suggest(resource, c.manifest().secrets));
      continue;
    }
    if (c.Damaged("Secrets", resource)) continue;
    if (writes && !secret->second.user_defined) {
      c.Error({"Roles", name, "ResourceNames", index}, "manifest.role.write",
              "manifest specifies write permission for role " + Shown(name) + " and secret " + Shown(resource) +
                  ", but secret is not user-defined");
    }
    if (reads && !secret->second.user_defined && !secret->second.shared) {
      c.Error({"Roles", name, "ResourceNames", index}, "manifest.role.read",
              "manifest specifies read permission for role " + Shown(name) + " and per-marble-unique secret " +
                  Shown(resource));
    }
  }
}

bool MayUpdateManifest(const Manifest& m, const User& user) {
  return std::ranges::any_of(user.roles, [&](const std::string& name) {
    const auto role = m.roles.find(name);
    return role != m.roles.end() && role->second.resource_type == ResourceType::kManifest &&
           !role->second.actions.empty();
  });
}

void CheckUpdateThreshold(Checker& c) {
  // With a broken user or role the count would be a guess.
  if (c.AnyDamagedIn("Users") || c.AnyDamagedIn("Roles")) return;
  const Manifest& m = c.manifest();
  const auto count = static_cast<std::uint64_t>(
      std::ranges::count_if(m.users, [&](const auto& user) { return MayUpdateManifest(m, user.second); }));
  if (count >= m.config.update_threshold) return;
  c.Error({"Config", "UpdateThreshold"}, "manifest.config.update_threshold",
          "not enough users with manifest update permissions (" + std::to_string(count) +
              ") to meet the threshold of " + std::to_string(m.config.update_threshold));
}

void CheckRecoveryKey(Checker& c, const std::string& name, const std::string& pem) {
  constexpr int kFewestBits = 2048;
  constexpr int kMostBits = 16384;
  const auto fail = [&](std::string_view reason, const std::string& message) {
    c.Error({"RecoveryKeys", name}, reason, "recovery key " + Shown(name) + ": " + message);
  };
  const auto blocks = PemDecode(pem);
  if (blocks.empty()) return fail("manifest.recovery_key.pem", "expected a PEM block `PUBLIC KEY`, found none");
  if (blocks.front().label != "PUBLIC KEY") {
    return fail("manifest.recovery_key.pem",
                "expected a PEM block `PUBLIC KEY` (PKIX), found " + Quoted(blocks.front().label));
  }
  const auto key = PublicKey::FromSpki(blocks.front().bytes);
  if (!key) return fail("manifest.recovery_key.key", "not a public key: " + key.error().message());
  if (key->kind() != KeyKind::kRsa) {
    return fail("manifest.recovery_key.kind", "expected an RSA key, found " + std::string(KeyKindName(key->kind())));
  }
  if (key->bits() < kFewestBits || key->bits() > kMostBits) {
    fail("manifest.recovery_key.bits", "expected an RSA key of " + std::to_string(kFewestBits) + " to " +
                                           std::to_string(kMostBits) + " bits, found " + std::to_string(key->bits()));
  }
}

}  // namespace

void CheckUsers(Checker& c) {
  std::map<std::string_view, std::string_view> by_text;
  std::map<Sha256Digest, std::string_view> by_certificate;
  for (const auto& [name, user] : c.manifest().users) {
    if (c.Damaged("Users", name)) continue;
    CheckRoleNames(c, name, user);
    if (user.certificate.empty()) {
      c.Error({"Users", name, "Certificate"}, "manifest.user.no_certificate",
              "manifest does not contain a certificate for user " + Shown(name));
      continue;
    }
    const auto repeated = [&](std::string_view first) {
      c.Error({"Users", name, "Certificate"}, "manifest.user.same_certificate",
              "manifest contains the same certificate for users " + Shown(first) + " and " + Shown(name));
    };
    if (const auto [it, fresh] = by_text.emplace(user.certificate, name); !fresh) {
      repeated(it->second);
      continue;
    }
    const auto certificate = Certificate::FromPem(user.certificate);
    if (!certificate) {
      c.Error({"Users", name, "Certificate"}, "manifest.user.certificate",
              "received invalid certificate for user " + Shown(name) + ": expected an X.509 certificate in PEM; " +
                  certificate.error().message());
      continue;
    }
    // The same certificate under another text would leave open which user it stands for.
    if (const auto [it, fresh] = by_certificate.emplace(certificate->Fingerprint(), name); !fresh) repeated(it->second);
  }
}

void CheckRoles(Checker& c) {
  for (const auto& [name, role] : c.manifest().roles) {
    if (c.Damaged("Roles", name)) continue;
    switch (role.resource_type) {
      case ResourceType::kPackages:
        CheckPackageRole(c, name, role);
        break;
      case ResourceType::kSecrets:
        CheckSecretRole(c, name, role);
        break;
      case ResourceType::kManifest:
        if (!role.resource_names.empty()) {
          c.Error({"Roles", name, "ResourceNames"}, "manifest.role.resource_names",
                  "role " + Shown(name) + ": resource names are not allowed for type Manifest");
        }
        break;
    }
  }
  if (!c.Damaged("Config", "")) CheckUpdateThreshold(c);
}

void CheckRecovery(Checker& c) {
  constexpr std::uint64_t kMostShares = 255;
  const Manifest& m = c.manifest();
  for (const auto& [name, pem] : m.recovery_keys) {
    if (!c.Damaged("RecoveryKeys", name)) CheckRecoveryKey(c, name, pem);
  }
  if (c.Damaged("Config", "")) return;
  const std::uint64_t keys = m.recovery_keys.size();
  const std::uint64_t threshold = m.config.recovery_threshold;
  if (threshold > keys) {
    c.Error({"Config", "RecoveryThreshold"}, "manifest.config.recovery_threshold",
            "not enough recovery keys (" + std::to_string(keys) + ") defined to meet the recovery threshold of " +
                std::to_string(threshold));
  }
  if (threshold == 1) {
    c.Error({"Config", "RecoveryThreshold"}, "manifest.config.recovery_threshold_one",
            "invalid recovery threshold: if set, threshold must be at least 2");
  }
  if (threshold > 1 && threshold < keys && keys > kMostShares) {
    c.Error({"RecoveryKeys"}, "manifest.recovery_key.count",
            "with a recovery threshold there can be at most " + std::to_string(kMostShares) + " recovery keys, found " +
                std::to_string(keys));
  }
}

}  // namespace steelie::manifest
