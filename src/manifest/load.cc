#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/check.h"
#include "manifest/checker.h"
#include "manifest/decoder.h"
#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

/// Finds values by canonical pointers: exactly named, or else as fields are found. What is not there yields the nearest
/// enclosing value that is.
class Locator {
 public:
  explicit Locator(const JsonDocument& document) : document_(document) {}

  // Fills in the pointer as the document spells it and returns the offset.
  std::size_t Find(std::string& pointer) {
    JsonValue at = document_.root();
    std::string written;
    std::string_view rest = pointer;
    while (!rest.empty()) {
      rest.remove_prefix(1);  // the slash
      const std::size_t slash = std::min(rest.find('/'), rest.size());
      const auto next = Child(at, Unescape(rest.substr(0, slash)), written);
      if (!next) break;
      at = *next;
      rest.remove_prefix(slash);
    }
    pointer = std::move(written);
    return at.offset();
  }

 private:
  static std::string Unescape(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] == '~' && i + 1 < token.size()) {
        out += token[++i] == '1' ? '/' : '~';
      } else {
        out += token[i];
      }
    }
    return out;
  }

  std::optional<JsonValue> Child(JsonValue parent, const std::string& token, std::string& written) {
    const auto& members = MembersOf(parent);
    if (const auto exact = members.find(token); exact != members.end()) {
      written += "/" + PointerToken(token);
      return exact->second;
    }
    std::optional<JsonValue> found;
    parent.ForEachMember([&](JsonValue key, JsonValue value) {
      if (found || !SameField(key.text(), token)) return;
      found = value;
      written += "/" + PointerToken(key.text());
    });
    return found;
  }

  // Indexed once per container, so that a thousand problems in one section do not cost a thousand walks.
  const std::map<std::string, JsonValue, std::less<>>& MembersOf(JsonValue container) {
    const auto [it, fresh] = containers_.try_emplace(container.offset());
    if (!fresh) return it->second;
    container.ForEachMember([&](JsonValue key, JsonValue value) { it->second.emplace(key.text(), value); });
    std::size_t index = 0;
    container.ForEachElement([&](JsonValue element) { it->second.emplace(std::to_string(index++), element); });
    return it->second;
  }

  const JsonDocument& document_;
  std::map<std::size_t, std::map<std::string, JsonValue, std::less<>>> containers_;
};

void RunChecks(Checker& c) {
  CheckMarbles(c);
  CheckTls(c);
  CheckUsers(c);
  CheckRoles(c);
  CheckSecrets(c);
  CheckKeyWork(c);
  CheckRecovery(c);
  Advise(c);
}

// Whether what was read is enough to judge how the parts fit together.
bool SectionsIntact(const Damage& damage) {
  if (damage.Has("", "")) return false;
  for (const std::string_view section : {"Packages", "Marbles", "Secrets", "Users", "Roles", "TLS", "RecoveryKeys"}) {
    if (damage.Has(section, "")) return false;
  }
  return true;
}

void AddLocated(Locator& locator, std::vector<Problem> problems, Findings& out) {
  for (Problem& problem : problems) {
    const std::size_t offset = locator.Find(problem.pointer);
    out.Add({.problem = std::move(problem), .offset = offset});
  }
}

Outcome Read(ByteView bytes, const ParseOptions& options, bool check) {
  Decoder d(options);
  Manifest manifest;
  auto json = JsonDocument::Parse(bytes);
  for (JsonDocument::Fault& fault : json.faults) {
    d.errors().Add({.problem = std::move(fault.problem), .offset = fault.offset});
  }
  if (json.document) {
    ReadManifest(d, *json.document, manifest);
    if (check && SectionsIntact(d.damage())) {
      Checker c(manifest, d.damage());
      RunChecks(c);
      Locator locator(*json.document);
      AddLocated(locator, c.TakeErrors(), d.errors());
      AddLocated(locator, c.TakeWarnings(), d.warnings());
    }
  }
  Outcome outcome;
  if (d.errors().empty()) outcome.manifest = std::move(manifest);
  outcome.errors = std::move(d.errors()).Sorted(bytes);
  outcome.warnings = std::move(d.warnings()).Sorted(bytes);
  return outcome;
}

}  // namespace

void Checker::Add(std::vector<Problem>& list, Tokens tokens, std::string_view reason, std::string message) {
  if (list.size() > kMaxProblems) return;
  std::string pointer;
  for (const std::string_view token : tokens) pointer += "/" + PointerToken(token);
  AddAt(list, std::move(pointer), reason, std::move(message));
}

void Checker::AddAt(std::vector<Problem>& list, std::string pointer, std::string_view reason, std::string message) {
  if (list.size() > kMaxProblems) return;
  list.push_back({.reason = std::string(reason), .pointer = std::move(pointer), .message = std::move(message)});
}

std::vector<Problem> Locate(ByteView document, std::vector<Problem> problems) {
  const auto json = JsonDocument::Parse(document);
  if (!json.document) return problems;
  Findings out;
  Locator locator(*json.document);
  AddLocated(locator, std::move(problems), out);
  return std::move(out).Sorted(document);
}

Outcome Parse(ByteView document, const ParseOptions& options) { return Read(document, options, /*check=*/false); }

Outcome Load(ByteView document, const ParseOptions& options) { return Read(document, options, /*check=*/true); }

Verdict Check(const Manifest& manifest) {
  const Damage none;
  Checker c(manifest, none);
  RunChecks(c);
  return {.errors = c.TakeErrors(), .warnings = c.TakeWarnings()};
}

}  // namespace steelie::manifest
