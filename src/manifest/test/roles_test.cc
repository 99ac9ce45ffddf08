#include "manifest/roles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace steelie::manifest {
namespace {

constexpr std::array kActions = {Action::kUpdateSecurityVersion, Action::kReadSecret, Action::kWriteSecret,
                                 Action::kUpdateManifest};

ResourceType TypeOf(Action action) {
  if (action == Action::kUpdateManifest) return ResourceType::kManifest;
  return action == Action::kUpdateSecurityVersion ? ResourceType::kPackages : ResourceType::kSecrets;
}

// One role for each action and resource. `a`, `b` and `c` are names of packages and of secrets alike.
Manifest AllRoles() {
  Manifest m;
  for (const Action action : kActions) {
    if (action == Action::kUpdateManifest) {
      m.roles[std::string(ActionName(action))] = {TypeOf(action), {}, {action}};
      continue;
    }
    for (const char* name : {"a", "b", "c"}) {
      m.roles[std::string(ActionName(action)) + name] = {TypeOf(action), {name}, {action}};
    }
  }
  m.roles["both"] = {ResourceType::kSecrets, {"a"}, {Action::kReadSecret, Action::kWriteSecret}};
  m.roles["nothing"] = {ResourceType::kSecrets, {}, {}};
  m.roles["nowhere"] = {ResourceType::kSecrets, {}, {Action::kReadSecret}};
  m.roles["crossed"] = {ResourceType::kPackages, {"a"}, {Action::kReadSecret, Action::kUpdateManifest}};
  m.roles["idle"] = {ResourceType::kSecrets, {"a", "b"}, {}};
  return m;
}

// What the rule says, worked out anew: some role has the action; each name is one of some role that has the action.
bool Expected(const Manifest& m, const User& user, Action action, const std::vector<std::string>& names) {
  bool has = false;
  std::set<std::string> granted;
  for (const std::string& role_name : user.roles) {
    const auto role = m.roles.find(role_name);
    if (role == m.roles.end() || std::ranges::count(role->second.actions, action) == 0) continue;
    if (role->second.resource_type != TypeOf(action)) continue;
    has = true;
    granted.insert(role->second.resource_names.begin(), role->second.resource_names.end());
  }
  return has && std::ranges::all_of(names, [&](const std::string& name) { return granted.contains(name); });
}

std::vector<std::vector<std::string>> SubsetsOf(const std::vector<std::string>& all) {
  std::vector<std::vector<std::string>> out;
  for (std::size_t bits = 0; bits < std::size_t{1} << all.size(); ++bits) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((bits >> i & 1U) != 0) names.push_back(all[i]);
    }
    out.push_back(names);
  }
  return out;
}

// Every pair of roles (a single one, none and unknown ones among them), every action, every combination of a granted, a
// second granted, another and a missing name, and spellings that are not the name.
TEST(Roles, EveryActionResourceAndUser) {
  const Manifest m = AllRoles();
  std::vector<std::string> roles = {"", "unknown"};
  for (const auto& [name, role] : m.roles) roles.push_back(name);
  std::size_t allowed = 0;
  std::size_t refused = 0;
  const auto resources = SubsetsOf({"a", "b", "c", "missing", "A", "a ", "", "*"});
  for (const std::string& first : roles) {
    for (const std::string& second : roles) {
      const User user{"", {first, second}};
      const Permissions permissions(m, user);
      for (const Action action : kActions) {
        for (const auto& names : resources) {
          const bool expected = Expected(m, user, action, names);
          ++(expected ? allowed : refused);
          ASSERT_EQ(permissions.Allows(action, names), expected) << first << "+" << second << " " << ActionName(action);
          if (names.size() == 1) {
            ASSERT_EQ(permissions.Allows(action, names.front()), expected);
          }
        }
      }
    }
  }
  EXPECT_GT(allowed, 500U);
  EXPECT_GT(refused, 100'000U);
}

// The same said by hand: what the table above could get wrong together with the code.
TEST(Roles, ByHand) {
  const Manifest m = AllRoles();
  using Names = std::vector<std::string>;
  const auto allows = [&](const std::vector<std::string>& roles, Action action, const Names& names) {
    return Permissions(m, User{"", roles}).Allows(action, names);
  };
  EXPECT_TRUE(allows({"ReadSecreta"}, Action::kReadSecret, {"a"}));
  EXPECT_FALSE(allows({"ReadSecreta"}, Action::kReadSecret, {"b"}));
  EXPECT_FALSE(allows({"ReadSecreta"}, Action::kReadSecret, {"a", "missing"}));
  EXPECT_FALSE(allows({"ReadSecreta"}, Action::kWriteSecret, {"a"}));
  EXPECT_TRUE(allows({"ReadSecreta", "ReadSecretb"}, Action::kReadSecret, {"a", "b"})) << "two roles together";
  EXPECT_FALSE(allows({"ReadSecreta", "WriteSecretb"}, Action::kReadSecret, {"a", "b"}));
  EXPECT_FALSE(allows({"UpdateSecurityVersiona"}, Action::kReadSecret, {"a"})) << "a package of the same name";
  EXPECT_TRUE(allows({"UpdateManifest"}, Action::kUpdateManifest, {}));
  EXPECT_FALSE(allows({"UpdateManifest"}, Action::kUpdateSecurityVersion, {"a"}));
  EXPECT_FALSE(allows({"UpdateManifest"}, Action::kReadSecret, {}));
  EXPECT_FALSE(allows({}, Action::kUpdateManifest, {}));
  EXPECT_FALSE(allows({"crossed"}, Action::kReadSecret, {"a"})) << "an action that is not of the role's type";
  EXPECT_FALSE(allows({"idle"}, Action::kReadSecret, {})) << "resources without actions";
}

}  // namespace
}  // namespace steelie::manifest
