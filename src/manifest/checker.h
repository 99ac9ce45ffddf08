#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/decoder.h"
#include "manifest/model.h"

namespace steelie::manifest {

/// Lifetimes that end in the year 9999, the last one a certificate can name, whenever they begin during this century.
inline constexpr std::uint64_t kLongestValidityDays = 2'880'000;

/// What the second pass works with: the manifest, what is known to be broken, and where complaints go. Internal to this
/// folder. One thread at a time.
class Checker {
 public:
  using Tokens = std::initializer_list<std::string_view>;

  Checker(const Manifest& manifest, const Damage& damage) : manifest_(manifest), damage_(damage) {}

  const Manifest& manifest() const { return manifest_; }
  bool Damaged(std::string_view section, std::string_view entry) const { return damage_.Has(section, entry); }
  bool AnyDamagedIn(std::string_view section) const { return damage_.AnyIn(section); }

  void Error(Tokens pointer, std::string_view reason, std::string message) {
    Add(errors_, pointer, reason, std::move(message));
  }
  void Warn(Tokens pointer, std::string_view reason, std::string message) {
    Add(warnings_, pointer, reason, std::move(message));
  }
  /// By a whole pointer.
  void ErrorAt(std::string pointer, std::string_view reason, std::string message) {
    AddAt(errors_, std::move(pointer), reason, std::move(message));
  }
  void WarnAt(std::string pointer, std::string_view reason, std::string message) {
    AddAt(warnings_, std::move(pointer), reason, std::move(message));
  }

  /// `; did you mean X?` if a name of the map is near, as long as somebody will read it.
  template <typename T>
  std::string Suggest(std::string_view seen, const NameMap<T>& known) const {
    constexpr std::size_t kMost = 100;
    if (errors_.size() > kMaxProblems || known.size() > kMost) return {};
    std::vector<std::string_view> names;
    for (const auto& [name, value] : known) names.push_back(name);
    const std::string_view nearest = NearestName(seen, names);
    return nearest.empty() ? std::string() : "; did you mean " + Quoted(nearest) + "?";
  }
  std::string Suggest(std::string_view seen, std::span<const std::string_view> names) const {
    return warnings_.size() > kMaxProblems ? std::string() : SuggestName(seen, names);
  }

  std::vector<Problem> TakeErrors() { return std::move(errors_); }
  std::vector<Problem> TakeWarnings() { return std::move(warnings_); }

 private:
  static void Add(std::vector<Problem>& list, Tokens tokens, std::string_view reason, std::string message);
  static void AddAt(std::vector<Problem>& list, std::string pointer, std::string_view reason, std::string message);

  const Manifest& manifest_;
  const Damage& damage_;
  std::vector<Problem> errors_;
  std::vector<Problem> warnings_;
};

// The groups of rules, numbered as in section 10.2 of the reference behaviour.
void CheckMarbles(Checker& c);  // 1 to 6, and simulated packages
/// Of 4 and 5, and what else a package needs. `used`: by a marble.
void CheckPackage(Checker& c, const std::string& name, const Package& package, bool used);
void AdviseOnPackage(Checker& c, const std::string& name, const Package& package);
void CheckTls(Checker& c);       // 7 to 11
void CheckUsers(Checker& c);     // 12 to 14, and that the certificates can be used
void CheckRoles(Checker& c);     // 15 to 20, 23
void CheckSecrets(Checker& c);   // 21, 22, and that the secrets can be generated
void CheckKeyWork(Checker& c);   // that making all of them ends soon
void CheckRecovery(Checker& c);  // 27, 28, and that the keys can be used
void Advise(Checker& c);
void AdviseOnPastedSecrets(Checker& c);
void AdviseOnTokens(Checker& c);

}  // namespace steelie::manifest
