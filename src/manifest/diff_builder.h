#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/diff.h"
#include "manifest/problem.h"

namespace steelie::manifest {

/// Collects changes. Internal to this folder.
class DiffBuilder {
 public:
  void Add(std::initializer_list<std::string_view> tokens, Effect effect, std::string text) {
    std::string pointer;
    for (const std::string_view token : tokens) pointer += "/" + PointerToken(token);
    AddAt(std::move(pointer), effect, std::move(text));
  }
  /// By a whole pointer.
  void AddAt(std::string pointer, Effect effect, std::string text) {
    changes_.push_back({std::move(pointer), effect, std::move(text)});
  }
  std::vector<Change> Take() { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

/// Calls `visit(name, before, after)` for every name of either map, in order; a missing side is null.
template <typename T, typename Visit>
void ForBoth(const NameMap<T>& before, const NameMap<T>& after, const Visit& visit) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      visit(a->first, &a->second, nullptr);
      ++a;
    } else if (a == before.end() || b->first < a->first) {
      visit(b->first, nullptr, &b->second);
      ++b;
    } else {
      visit(a->first, &a->second, &b->second);
      ++a;
      ++b;
    }
  }
}

void ComparePackages(const NameMap<Package>& before, const NameMap<Package>& after, DiffBuilder& out);
void CompareMarbles(const Manifest& before, const Manifest& after, DiffBuilder& out);
void CompareSecrets(const Manifest& before, const Manifest& after, Diff& diff, DiffBuilder& out);
void CompareUsers(const Manifest& before, const Manifest& after, Diff& diff, DiffBuilder& out);
void CompareConfig(const Manifest& before, const Manifest& after, DiffBuilder& out);

}  // namespace steelie::manifest
