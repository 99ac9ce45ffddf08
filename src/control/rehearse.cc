#include <algorithm>
#include <tuple>

#include "attest/claims_codec.h"
#include "control/plan.h"
#include "manifest/problem.h"

namespace steelie::control {
namespace {

using PackageMap = manifest::NameMap<manifest::Package>;

void Require(policy::Decision& decision, policy::Check check) {
  decision.allowed = decision.allowed && check.pass;
  decision.trace.push_back(std::move(check));
}

/// Would a marble that brings these claims be admitted again? What no manifest can change (that evidence is bound to
/// its connection) is taken as given.
policy::Decision WouldAdmit(const Deployment& deployment, const PackageMap& packages, std::string_view type,
                            const attest::Claims& claims, std::uint64_t used, bool simulation) {
  policy::Decision decision;
  const CompiledMarble* marble = deployment.FindMarble(type);
  const std::string pointer = "/Marbles/" + manifest::PointerToken(type);
  if (marble == nullptr) {
    Require(decision,
            {"activate.unknown_type", pointer, "", "a marble type of the manifest", "none of this name", false});
    return decision;
  }
  const manifest::Marble& definition = *marble->definition;
  const auto package = packages.find(definition.package);
  if (package == packages.end()) {
    Require(decision, {"activate.unknown_package", pointer + "/Package", "", "a package of the manifest",
                       definition.package, false});
    return decision;
  }
  decision = policy::Decide(claims, package->second, package->first, {simulation, claims.report_data});
  std::erase_if(decision.trace, [](const policy::Check& check) { return check.rule == "policy.binding"; });
  if (definition.max_activations != 0) {
    Require(decision, {"activate.limit", pointer + "/MaxActivations", "",
                       "fewer than " + std::to_string(definition.max_activations) + " activations so far",
                       std::to_string(used), used < definition.max_activations});
  }
  return decision;
}

attest::Claims ClaimsOf(const FleetRecord& record) {
  // Without evidence there are no claims; what does not decode was checked when it was written.
  return attest::DecodeClaims(*record.claims).value_or(attest::Claims());
}

struct Verdict {
  policy::Decision after;
  /// The manifest in force refuses it for the same rules: the update changes nothing for it.
  bool refused_already = false;
};

// Whether every rule that fails afterwards fails now, too.
bool AddsNoRefusal(const policy::Decision& now, const policy::Decision& after) {
  return std::ranges::all_of(after.trace, [&](const policy::Check& check) {
    return check.pass || std::ranges::any_of(now.trace, [&](const policy::Check& other) {
             return !other.pass && other.rule == check.rule;
           });
  });
}

class Rehearsal {
 public:
  Rehearsal(const State& state, const Deployment& next, const PackageMap& packages, bool simulation, UpdatePlan& plan)
      : state_(state), next_(next), packages_(packages), simulation_(simulation), plan_(plan) {}

  void Run() {
    for (TypeImpact& impact : plan_.types) impacts_.emplace(impact.type, std::move(impact));
    state_.fleet.ForEach(
        [&](std::string_view type, const Uuid& uuid, const FleetRecord& record) { Count(type, uuid, record); });
    plan_.types.clear();
    for (auto& [type, impact] : impacts_) plan_.types.push_back(std::move(impact));
    SelectListed();
  }

 private:
  struct Listed {
    std::string_view type;
    Uuid uuid;
    const FleetRecord* record;
    const Verdict* verdict;
  };

  const Verdict& Decide(std::string_view type, const FleetRecord& record) {
    const auto [at, added] = verdicts_.try_emplace({std::string(type), record.claims.get()});
    if (!added) return at->second;
    const attest::Claims claims = ClaimsOf(record);
    const std::uint64_t used = state_.activations.Get(type);
    at->second.after = WouldAdmit(next_, packages_, type, claims, used, simulation_);
    const policy::Decision now = WouldAdmit(*state_.deployment, *state_.packages, type, claims, used, simulation_);
    at->second.refused_already = AddsNoRefusal(now, at->second.after);
    return at->second;
  }

  void Count(std::string_view type, const Uuid& uuid, const FleetRecord& record) {
    auto impact = impacts_.find(type);
    if (impact == impacts_.end())
      impact = impacts_.emplace(type, TypeImpact{.type = std::string(type), .because = {}}).first;
    ++plan_.recorded;
    ++impact->second.recorded;
    const Verdict& verdict = Decide(type, record);
    if (verdict.after.allowed) return;
    ++plan_.refused;
    ++impact->second.refused;
    if (verdict.refused_already) ++impact->second.refused_already;
    listed_.push_back({impact->first, uuid, &record, &verdict});
  }

  // In a fixed order, those first that the update itself shuts out.
  void SelectListed() {
    const auto order = [](const Listed& a, const Listed& b) {
      return std::tie(a.verdict->refused_already, a.type, a.uuid) <
             std::tie(b.verdict->refused_already, b.type, b.uuid);
    };
    const std::size_t count = std::min(listed_.size(), UpdatePlan::kMaxListed);
    std::ranges::partial_sort(listed_, listed_.begin() + static_cast<std::ptrdiff_t>(count), order);
    for (std::size_t i = 0; i < count; ++i) {
      const Listed& marble = listed_[i];
      plan_.marbles.push_back({std::string(marble.type), marble.uuid, *marble.record, marble.verdict->refused_already,
                               marble.verdict->after});
    }
  }

  const State& state_;
  const Deployment& next_;
  const PackageMap& packages_;
  const bool simulation_;
  UpdatePlan& plan_;
  NameMap<TypeImpact> impacts_;
  std::map<std::pair<std::string, const Bytes*>, Verdict> verdicts_;
  std::vector<Listed> listed_;
};

/// Collects why a type is affected.
class Affected {
 public:
  Affected(const Deployment& before, const Deployment& after, const manifest::Diff& diff)
      : before_(before), after_(after), diff_(diff) {}

  NameMap<std::vector<std::string>> Run() {
    for (const manifest::Change& change : diff_.changes) Sort(change);
    for (const auto& [type, marble] : after_.marbles()) Collect(type, marble);
    for (const auto& [type, marble] : before_.marbles()) {
      if (after_.FindMarble(type) == nullptr) out_[type] = by_marble_[manifest::PointerToken(type)];
    }
    return std::move(out_);
  }

 private:
  void Sort(const manifest::Change& change) {
    for (const auto& [prefix, texts] :
         {std::pair{std::string_view("/Marbles/"), &by_marble_},
          std::pair{std::string_view("/Packages/"), &by_package_}, std::pair{std::string_view("/TLS/"), &by_tag_}}) {
      if (!change.pointer.starts_with(prefix)) continue;
      const std::string rest = change.pointer.substr(prefix.size());
      (*texts)[rest.substr(0, rest.find('/'))].push_back(change.text);
    }
  }

  void Collect(const std::string& type, const CompiledMarble& marble) {
    std::vector<std::string> because;
    Append(because, by_marble_, type);
    Append(because, by_package_, marble.definition->package);
    for (const std::string& tag : marble.definition->tls) Append(because, by_tag_, tag);
    gotemplate::References all;
    bool seal_key = false;
    for (const auto* values : {&marble.files, &marble.env}) {
      for (const CompiledValue& value : *values) {
        const auto* text = std::get_if<gotemplate::Template>(&value.content);
        if (text == nullptr) continue;
        all.current.insert(text->references().current.begin(), text->references().current.end());
        all.all_current = all.all_current || text->references().all_current;
        seal_key = seal_key || text->references().seal_key;
      }
    }
    for (const auto& [name, fate] : diff_.secrets) AddSecret(because, name, fate, all);
    if (seal_key && diff_.rotates_root_secret) because.emplace_back("its sealing key changes");
    if (!because.empty()) out_.emplace(type, std::move(because));
  }

  static void AddSecret(std::vector<std::string>& because, const std::string& name, manifest::SecretFate fate,
                        const gotemplate::References& references) {
    using enum manifest::SecretFate;
    if (fate == kKept || fate == kPerActivation || fate == kDropped) return;
    if (!references.all_current && !references.current.contains(name)) return;
    because.push_back("secret " + manifest::Quoted(name) + " is " + std::string(manifest::SecretFateName(fate)));
  }

  using Texts = NameMap<std::vector<std::string>>;
  static void Append(std::vector<std::string>& because, const Texts& texts, std::string_view name) {
    const auto at = texts.find(manifest::PointerToken(name));
    if (at != texts.end()) because.insert(because.end(), at->second.begin(), at->second.end());
  }

  const Deployment& before_;
  const Deployment& after_;
  const manifest::Diff& diff_;
  Texts by_marble_, by_package_, by_tag_, out_;
};

}  // namespace

NameMap<std::vector<std::string>> AffectedTypes(const Deployment& before, const Deployment& after,
                                                const manifest::Diff& diff) {
  return Affected(before, after, diff).Run();
}

void Rehearse(const State& state, const Deployment& next, const PackageMap& packages, bool simulation,
              UpdatePlan& plan) {
  Rehearsal(state, next, packages, simulation, plan).Run();
}

}  // namespace steelie::control
