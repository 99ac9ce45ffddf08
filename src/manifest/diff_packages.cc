#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "manifest/demands.h"
#include "manifest/diff_builder.h"

namespace steelie::manifest {
namespace {

bool Includes(const std::optional<std::set<std::string>>& all, const std::optional<std::set<std::string>>& part) {
  if (!all) return true;
  return part && std::ranges::includes(*all, *part);
}

Effect EffectOf(const Demand& before, const Demand& after) {
  if (before.kind == Demand::Kind::kMinimum) {
    if (before.number == after.number) return Effect::kNeutral;
    return after.number > before.number ? Effect::kTightens : Effect::kLoosens;
  }
  if (before.kind == Demand::Kind::kOneOf) {
    if (before.one_of == after.one_of) return Effect::kNeutral;
    if (Includes(after.one_of, before.one_of)) return Effect::kLoosens;
    return Includes(before.one_of, after.one_of) ? Effect::kTightens : Effect::kReplaces;
  }
  if (before.kind == Demand::Kind::kMaximum) {
    if (before.number == after.number) return Effect::kNeutral;
    return after.number < before.number ? Effect::kTightens : Effect::kLoosens;
  }
  if (before.kind == Demand::Kind::kBits) {
    if (before.bits == after.bits) return Effect::kNeutral;
    if (!before.bits) return Effect::kTightens;
    return after.bits ? Effect::kReplaces : Effect::kLoosens;
  }
  if (before.equal == after.equal) return Effect::kNeutral;
  if (!before.equal) return Effect::kTightens;
  return after.equal ? Effect::kReplaces : Effect::kLoosens;
}

// A demand that only one of two sets has, for a product that only one of them lists: the list itself is compared.
const Demand* Find(const std::vector<Demand>& demands, std::string_view member) {
  const auto at = std::ranges::find(demands, member, &Demand::member);
  return at == demands.end() ? nullptr : &*at;
}

std::string PointerOf(const std::string& name, std::string_view rest) {
  return "/Packages/" + PointerToken(name) + "/" + std::string(rest);
}

void CompareDemands(const std::string& name, const Package& before, const Package& after, DiffBuilder& out) {
  if (KindOf(before) != KindOf(after)) {
    const auto kind = [](const Package& p) {
      return KindOf(p) == PackageKind::kSim ? "simulated" : std::string(PackageKindName(KindOf(p)));
    };
    out.Add({"Packages", name}, Effect::kReplaces,
            "package " + Quoted(name) + " asks for another kind of evidence: " + kind(before) + " before, " +
                kind(after) + " now");
    return;
  }
  const std::vector<Demand> old_demands = DemandsOf(before);
  for (const Demand& demand : DemandsOf(after)) {
    const Demand* old = Find(old_demands, demand.member);
    if (old == nullptr) continue;
    const Effect effect = EffectOf(*old, demand);
    if (effect == Effect::kNeutral) continue;
    const std::string member = demand.member.substr(demand.member.find('/') + 1);
    out.AddAt(PointerOf(name, demand.member), effect,
              "package " + Quoted(name) + ": " + member + " was " + old->Expected() + ", will be " + demand.Expected());
  }
}

// What a set demands, in one line.
std::string Describe(const ReferenceSet& set) {
  std::string out(PackageKindName(KindOf(set)));
  for (const Demand& demand : DemandsOf(set)) {
    if (demand.open() || demand.kind != Demand::Kind::kEqual || demand.equal == "false") continue;
    out += ", " + demand.member.substr(demand.member.find('/') + 1) + " " + demand.Expected();
  }
  return out;
}

bool Same(const ReferenceSet& a, const ReferenceSet& b) {
  return KindOf(a) == KindOf(b) && DemandsOf(a) == DemandsOf(b);
}

// Alternatives are taken whole: one that was changed is one that is gone and one that is new.
void CompareAlternatives(const std::string& name, const Package& before, const Package& after, DiffBuilder& out) {
  const auto has = [](const std::vector<ReferenceSet>& sets, const ReferenceSet& set) {
    return std::ranges::any_of(sets, [&](const ReferenceSet& other) { return Same(other, set); });
  };
  for (std::size_t i = 0; i < after.alternatives.size(); ++i) {
    if (has(before.alternatives, after.alternatives[i])) continue;
    out.AddAt(PointerOf(name, "Alternatives/" + std::to_string(i)), Effect::kLoosens,
              "package " + Quoted(name) + " gets an alternative: " + Describe(after.alternatives[i]));
  }
  for (const ReferenceSet& set : before.alternatives) {
    if (has(after.alternatives, set)) continue;
    out.AddAt(PointerOf(name, "Alternatives"), Effect::kTightens,
              "package " + Quoted(name) + " loses an alternative: " + Describe(set));
  }
}

}  // namespace

void ComparePackages(const NameMap<Package>& before, const NameMap<Package>& after, DiffBuilder& out) {
  ForBoth(before, after, [&](const std::string& name, const Package* old_package, const Package* new_package) {
    if (old_package == nullptr) {
      out.Add({"Packages", name}, Effect::kLoosens, "package " + Quoted(name) + " is new");
    } else if (new_package == nullptr) {
      out.Add({"Packages", name}, Effect::kTightens, "package " + Quoted(name) + " is gone");
    } else {
      CompareDemands(name, *old_package, *new_package, out);
      CompareAlternatives(name, *old_package, *new_package, out);
    }
  });
}

}  // namespace steelie::manifest
