#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "manifest/diff_builder.h"

namespace steelie::manifest {
namespace {

/// One thing that a package demands of evidence, in a form that is compared without knowing what it means.
struct Demand {
  enum class Kind { kEqual, kMinimum, kOneOf };
  Kind kind = Kind::kEqual;
  std::string section;  // `Sim`, or empty
  std::string member;
  std::optional<std::string> equal;  // nothing: any value
  std::uint64_t minimum = 0;
  std::optional<std::set<std::string>> one_of;  // nothing: all
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

class Demands {
 public:
  explicit Demands(std::string section) : section_(std::move(section)) {}

  void Equal(std::string member, std::optional<std::string> value) {
    Demand demand;
    demand.equal = std::move(value);
    Push(std::move(demand), std::move(member));
  }
  void EqualText(std::string member, const std::string& value) {
    Equal(std::move(member), value.empty() ? std::nullopt : std::optional(Lower(value)));
  }
  void EqualBytes(std::string member, const std::optional<Bytes>& value) {
    Equal(std::move(member), value ? std::optional(HexEncode(*value)) : std::nullopt);
  }
  void EqualNumber(std::string member, const std::optional<std::uint64_t>& value) {
    Equal(std::move(member), value ? std::optional(std::to_string(*value)) : std::nullopt);
  }
  void Minimum(std::string member, const std::optional<std::uint64_t>& value) {
    Demand demand;
    demand.kind = Demand::Kind::kMinimum;
    demand.minimum = value.value_or(0);
    Push(std::move(demand), std::move(member));
  }
  void OneOf(std::string member, std::optional<std::set<std::string>> values) {
    Demand demand;
    demand.kind = Demand::Kind::kOneOf;
    demand.one_of = std::move(values);
    Push(std::move(demand), std::move(member));
  }
  std::vector<Demand> Take() { return std::move(demands_); }

 private:
  void Push(Demand demand, std::string member) {
    demand.section = section_;
    demand.member = std::move(member);
    demands_.push_back(std::move(demand));
  }

  std::string section_;
  std::vector<Demand> demands_;
};

std::vector<Demand> DemandsOf(const SimPackage& sim) {
  Demands out("Sim");
  out.Equal("Debug", sim.debug ? "true" : "false");
  out.EqualBytes("Measurement", sim.measurement);
  out.EqualBytes("SignerID", sim.signer_id);
  out.EqualNumber("ProductID", sim.product_id);
  out.Minimum("SecurityVersion", sim.security_version);
  return out.Take();
}

std::vector<Demand> DemandsOf(const Package& package) {
  if (package.sim) return DemandsOf(*package.sim);
  Demands out("");
  out.Equal("Debug", package.debug ? "true" : "false");
  out.EqualText("UniqueID", package.unique_id);
  out.EqualText("SignerID", package.signer_id);
  out.EqualNumber("ProductID", package.product_id);
  out.Minimum("SecurityVersion", package.security_version);
  // As policy reads them: without a list just one status is tolerated, and every advisory.
  std::set<std::string> statuses{package.accepted_tcb_statuses.begin(), package.accepted_tcb_statuses.end()};
  if (statuses.empty()) statuses.insert("SWHardeningNeeded");
  statuses.insert("UpToDate");
  out.OneOf("AcceptedTCBStatuses", std::move(statuses));
  std::set<std::string> advisories;
  for (const std::string& advisory : package.accepted_advisories) advisories.insert(Lower(advisory));
  out.OneOf("AcceptedAdvisories", advisories.empty() ? std::nullopt : std::optional(std::move(advisories)));
  return out.Take();
}

bool Includes(const std::optional<std::set<std::string>>& all, const std::optional<std::set<std::string>>& part) {
  if (!all) return true;
  return part && std::ranges::includes(*all, *part);
}

Effect EffectOf(const Demand& before, const Demand& after) {
  if (before.kind == Demand::Kind::kMinimum) {
    if (before.minimum == after.minimum) return Effect::kNeutral;
    return after.minimum > before.minimum ? Effect::kTightens : Effect::kLoosens;
  }
  if (before.kind == Demand::Kind::kOneOf) {
    if (before.one_of == after.one_of) return Effect::kNeutral;
    if (Includes(after.one_of, before.one_of)) return Effect::kLoosens;
    return Includes(before.one_of, after.one_of) ? Effect::kTightens : Effect::kReplaces;
  }
  if (before.equal == after.equal) return Effect::kNeutral;
  if (!before.equal) return Effect::kTightens;
  return after.equal ? Effect::kReplaces : Effect::kLoosens;
}

std::string Show(const Demand& demand) {
  if (demand.kind == Demand::Kind::kMinimum) return "at least " + std::to_string(demand.minimum);
  if (demand.kind == Demand::Kind::kEqual) return demand.equal ? Shown(*demand.equal) : "any";
  if (!demand.one_of) return "any";
  std::string out;
  for (const std::string& value : *demand.one_of) out += (out.empty() ? "" : ", ") + Shown(value);
  return out;
}

void CompareDemands(const std::string& name, const Package& before, const Package& after, DiffBuilder& out) {
  if (before.sim.has_value() != after.sim.has_value()) {
    out.Add({"Packages", name}, Effect::kReplaces,
            "package " + Quoted(name) + " asks for another kind of evidence: " +
                (before.sim ? "simulated before, SGX now" : "SGX before, simulated now"));
    return;
  }
  const std::vector<Demand> old_demands = DemandsOf(before);
  const std::vector<Demand> new_demands = DemandsOf(after);
  for (std::size_t i = 0; i < new_demands.size(); ++i) {
    const Demand& demand = new_demands[i];
    const Effect effect = EffectOf(old_demands[i], demand);
    if (effect == Effect::kNeutral) continue;
    const std::string text =
        "package " + Quoted(name) + ": " + demand.member + " was " + Show(old_demands[i]) + ", will be " + Show(demand);
    if (demand.section.empty()) {
      out.Add({"Packages", name, demand.member}, effect, text);
    } else {
      out.Add({"Packages", name, demand.section, demand.member}, effect, text);
    }
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
    }
  });
}

}  // namespace steelie::manifest
