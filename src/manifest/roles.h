#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/model.h"

namespace steelie::manifest {

/// What a user may do: per action the names it may be done to, all roles taken together. Immutable, thread-safe.
class Permissions {
 public:
  /// None.
  Permissions() = default;
  /// Those of a user of the manifest. Roles that do not exist, and actions that are not of their role's resource type,
  /// give nothing.
  Permissions(const Manifest& manifest, const User& user);

  /// Whether some role has the action, to whatever names.
  bool Has(Action action) const { return names_.contains(action); }

  /// Whether the action may be done to every one of `names` (compared exactly). For no names at all: whether some role
  /// has the action; this is how updating the manifest works, which has no names.
  bool Allows(Action action, std::span<const std::string> names) const;
  bool Allows(Action action, std::string_view name) const;

  /// What is granted, for people and in a fixed order: `ReadSecret key`; just `UpdateManifest`, which has no names.
  std::vector<std::string> Describe() const;

  bool operator==(const Permissions&) const = default;

 private:
  std::map<Action, std::set<std::string, std::less<>>> names_;
};

/// Permissions of all users by name.
NameMap<Permissions> ResolvePermissions(const Manifest& manifest);

}  // namespace steelie::manifest
