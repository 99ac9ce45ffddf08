#include "manifest/roles.h"

#include <algorithm>

namespace steelie::manifest {
namespace {

ResourceType TypeOf(Action action) {
  switch (action) {
    case Action::kUpdateSecurityVersion:
      return ResourceType::kPackages;
    case Action::kReadSecret:
    case Action::kWriteSecret:
      return ResourceType::kSecrets;
    case Action::kUpdateManifest:
      break;
  }
  return ResourceType::kManifest;
}

}  // namespace

Permissions::Permissions(const Manifest& manifest, const User& user) {
  for (const std::string& name : user.roles) {
    const auto role = manifest.roles.find(name);
    if (role == manifest.roles.end()) continue;
    for (const Action action : role->second.actions) {
      // The check of the manifest refuses such roles; a name of one kind never grants anything of another.
      if (TypeOf(action) != role->second.resource_type) continue;
      names_[action].insert(role->second.resource_names.begin(), role->second.resource_names.end());
    }
  }
}

bool Permissions::Allows(Action action, std::span<const std::string> names) const {
  const auto granted = names_.find(action);
  if (granted == names_.end()) return false;
  return std::ranges::all_of(names, [&](const std::string& name) { return granted->second.contains(name); });
}

bool Permissions::Allows(Action action, std::string_view name) const {
  const auto granted = names_.find(action);
  return granted != names_.end() && granted->second.contains(name);
}

std::vector<std::string> Permissions::Describe() const {
  std::vector<std::string> out;
  for (const auto& [action, names] : names_) {
    if (action == Action::kUpdateManifest) out.emplace_back(ActionName(action));
    if (action == Action::kUpdateManifest) continue;
    for (const std::string& name : names) out.push_back(std::string(ActionName(action)) + " " + name);
  }
  return out;
}

NameMap<Permissions> ResolvePermissions(const Manifest& manifest) {
  NameMap<Permissions> out;
  for (const auto& [name, user] : manifest.users) out.emplace_hint(out.end(), name, Permissions(manifest, user));
  return out;
}

}  // namespace steelie::manifest
