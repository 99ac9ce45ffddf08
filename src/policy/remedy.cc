#include "policy/remedy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "manifest/demands.h"
#include "policy/observe.h"

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::EvidenceKind;
using manifest::Demand;
using manifest::ReferenceSet;
using Json = nlohmann::ordered_json;

/// A demand that these claims do not meet, and what they have instead.
struct Miss {
  Demand demand;
  Observed seen;
};

std::vector<std::string> SplitMember(const std::string& member) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (true) {
    const std::size_t slash = member.find('/', at);
    out.push_back(member.substr(at, slash - at));
    if (slash == std::string::npos) return out;
    at = slash + 1;
  }
}

// Whether it says who the program is, rather than how good its surroundings are.
bool IsIdentity(const Demand& demand) {
  if (demand.kind == Demand::Kind::kBits) return true;
  return demand.kind == Demand::Kind::kEqual && *demand.equal != "true" && *demand.equal != "false";
}

bool IsNumber(const Demand& demand) { return SplitMember(demand.member).back() == "ProductID"; }

// The value in the document of a demand that is not open.
Json ValueOf(const Demand& demand) {
  switch (demand.kind) {
    case Demand::Kind::kEqual:
      // Of `Debug`, `RequireX` and `AllowX` alike: the value is what the claim must, or now may, be.
      if (*demand.equal == "true" || *demand.equal == "false") return *demand.equal == "true";
      if (IsNumber(demand)) return Json::parse(*demand.equal, nullptr, false);
      return *demand.equal;
    case Demand::Kind::kMinimum:
    case Demand::Kind::kMaximum:
      return demand.number;
    case Demand::Kind::kOneOf:
      return Json(*demand.one_of);
    case Demand::Kind::kBits:
      return manifest::RegisterHex(demand.bits->value);
  }
  return {};
}

// The demand changed so far that the claim just meets it.
Demand Widened(const Miss& miss) {
  Demand out = miss.demand;
  switch (out.kind) {
    case Demand::Kind::kEqual:
      out.equal = miss.seen.text;
      break;
    case Demand::Kind::kMinimum:
    case Demand::Kind::kMaximum:
      out.number = miss.seen.number;
      break;
    case Demand::Kind::kOneOf:
      out.one_of->insert(miss.seen.list.begin(), miss.seen.list.end());
      break;
    case Demand::Kind::kBits:
      out.bits->value = miss.seen.number & out.bits->mask;
      break;
  }
  return out;
}

std::string AlsoAdmits(const Miss& miss) {
  const Demand& demand = miss.demand;
  const std::string name = SplitMember(demand.member).back();
  switch (demand.kind) {
    case Demand::Kind::kMinimum:
      if (demand.number - miss.seen.number == 1) return "everything else with " + name + " " + miss.seen.text;
      return "everything else with " + name + " from " + miss.seen.text + " to " + std::to_string(demand.number - 1);
    case Demand::Kind::kMaximum:
      return "everything else with " + name + " up to " + miss.seen.text;
    case Demand::Kind::kOneOf:
      if (name == "AcceptedTCBStatuses") {
        return "this software on every platform whose TCB status is " + miss.seen.text +
               ", with whatever weaknesses that stands for";
      }
      if (name == "AcceptedAdvisories") return "this software on every platform that has these advisories";
      if (name == "MinimumTCB") return "this software on every " + miss.seen.text + " at these versions or above";
      return "this software wherever " + name + " is " + miss.seen.text;
    case Demand::Kind::kEqual:
      if (name == "Debug" && miss.seen.text == "true") {
        return "debug instances only, whose memory the host can read: every secret they get is the host's";
      }
      if (name == "Debug") return "production instances instead of debug ones";
      if (name.starts_with("Require")) return "the same software where this does not hold";
      return "the same software where this is allowed";
    case Demand::Kind::kBits:
      break;
  }
  return "nothing else";
}

// Puts a value under a member such as `TDX/MRTD` into a reference set's object.
void Put(Json& object, const std::string& member, Json value) {
  Json* at = &object;
  for (const std::string& token : SplitMember(member)) at = &(*at)[token];
  *at = std::move(value);
}

bool IsDefault(const Demand& demand) {
  if (demand.open() || (demand.kind == Demand::Kind::kMaximum && demand.number == 0)) return true;
  if (demand.kind == Demand::Kind::kOneOf) {
    return demand.member == "AcceptedTCBStatuses" &&
           *demand.one_of == std::set<std::string>{"SWHardeningNeeded", "UpToDate"};
  }
  if (demand.kind != Demand::Kind::kEqual) return false;
  if (demand.rule == "sept_ve_disable") return *demand.equal == "true";
  return *demand.equal == "false" && demand.rule != "policy.smt";
}

// A set's document from its demands; members with the default value are left out.
Json DocumentOf(const std::vector<Demand>& demands, manifest::PackageKind kind) {
  Json out = Json::object();
  if (kind != manifest::PackageKind::kSgx) out[std::string(PackageKindName(kind))] = Json::object();
  for (const Demand& demand : demands) {
    if (IsDefault(demand)) continue;
    if (demand.member == "SNP/MinimumTCB") {
      // The products listed, each with its minimums to come.
      for (const std::string& product : *demand.one_of) Put(out, demand.member + "/" + product, Json::object());
      continue;
    }
    Put(out, demand.member, ValueOf(demand));
    if (demand.kind == Demand::Kind::kBits) Put(out, demand.member + "Mask", manifest::RegisterHex(demand.bits->mask));
  }
  return out;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

Remedy AppendAlternative(const Json& document, const std::string& base, bool has_alternatives, std::string what,
                         std::string also) {
  Remedy out;
  out.pointer = base + (has_alternatives ? "/Alternatives/-" : "/Alternatives");
  out.value = (has_alternatives ? document : Json::array({document})).dump();
  out.change = "add an alternative with " + std::move(what);
  out.also_admits = std::move(also);
  return out;
}

Json MinimumOf(const Claims& claims) {
  const attest::SnpTcb& tcb = claims.snp->reported_tcb;
  Json out = Json::object();
  if (tcb.fmc != 0) out["FMC"] = tcb.fmc;
  out["BootLoader"] = tcb.boot_loader;
  out["TEE"] = tcb.tee;
  out["SNP"] = tcb.snp;
  out["Microcode"] = tcb.microcode;
  return out;
}

Remedy Edit(const Claims& claims, const Miss& miss, const std::string& pointer) {
  const Demand wide = Widened(miss);
  const std::string name = SplitMember(wide.member).back();
  Remedy out;
  out.pointer = pointer + "/" + wide.member;
  out.also_admits = AlsoAdmits(miss);
  if (wide.member == "SNP/MinimumTCB") {
    out.pointer += "/" + claims.snp->product;
    out.value = MinimumOf(claims).dump();
    out.change = "add `" + claims.snp->product + "` to `MinimumTCB`";
    return out;
  }
  out.value = ValueOf(wide).dump();
  out.change = "set `" + name + "` to " + out.value;
  return out;
}

// Edits of one object inside the set (`SNP/Policy`) that may be absent become one edit of the whole object.
std::vector<Remedy> Edits(const Claims& claims, const std::vector<Miss>& misses, const std::vector<Demand>& demands,
                          const std::string& pointer) {
  std::vector<Remedy> out;
  for (const std::string part : {"SNP/Policy", "SNP/Platform"}) {
    std::vector<std::string> changes;
    std::vector<std::string> also;
    std::vector<Demand> wide = demands;
    for (const Miss& miss : misses) {
      if (!miss.demand.member.starts_with(part + "/")) continue;
      const std::string name = SplitMember(miss.demand.member).back();
      const bool allow = name.starts_with("Allow");
      std::ranges::find(wide, miss.demand.member, &Demand::member)->equal.reset();
      changes.push_back("set `" + name + "` to " + (allow ? "true" : "false"));
      also.push_back(AlsoAdmits(miss));
    }
    if (changes.empty()) continue;
    Json object = Json::object();
    for (const Demand& demand : wide) {
      if (!demand.member.starts_with(part + "/")) continue;
      const std::string name = SplitMember(demand.member).back();
      const bool allow = name.starts_with("Allow");
      if (demand.open() ? allow : !allow) object[name] = true;
      if (!demand.open() && demand.rule == "policy.smt") object[name] = false;
    }
    out.push_back({pointer + "/" + part, object.dump(), Joined(changes), Joined(also)});
  }
  for (const Miss& miss : misses) {
    const std::string& member = miss.demand.member;
    if (member.starts_with("SNP/Policy/") || member.starts_with("SNP/Platform/")) continue;
    out.push_back(Edit(claims, miss, pointer));
  }
  return out;
}

// A set for exactly this software, for evidence of a kind that the package does not know.
ReferenceSet ExactSet(const Claims& claims) {
  ReferenceSet out;
  switch (claims.kind) {
    case EvidenceKind::kSim:
      out.sim.emplace().measurement = claims.measurement;
      break;
    case EvidenceKind::kTdx:
      out.tdx.emplace().mr_td = claims.measurement;
      for (std::size_t i = 0; i < claims.tdx->rtmr.size(); ++i) out.tdx->rtmr.at(i) = ToBytes(claims.tdx->rtmr.at(i));
      break;
    case EvidenceKind::kSnp:
      out.snp.emplace().measurement = claims.measurement;
      break;
    case EvidenceKind::kSgx:
    case EvidenceKind::kNone:
      out.unique_id = HexEncode(claims.measurement);
      break;
  }
  return out;
}

std::vector<Miss> MissesOf(const Claims& claims, const std::vector<Demand>& demands) {
  std::vector<Miss> out;
  for (const Demand& demand : demands) {
    if (demand.open() || !Applies(claims, demand)) continue;
    auto seen = Observe(claims, demand);
    if (seen && !Satisfies(*seen, demand)) out.push_back({demand, std::move(*seen)});
  }
  return out;
}

// The set's document, widened so far that the claims just satisfy it.
Json WidenedDocument(const Claims& claims, const ReferenceSet& set) {
  std::vector<Demand> demands = manifest::DemandsOf(set);
  const std::vector<Miss> misses = MissesOf(claims, demands);
  for (const Miss& miss : misses) *std::ranges::find(demands, miss.demand.member, &Demand::member) = Widened(miss);
  Json out = DocumentOf(demands, KindOf(set));
  for (const Miss& miss : misses) {
    if (miss.demand.member != "SNP/MinimumTCB") continue;
    Put(out, miss.demand.member + "/" + claims.snp->product, MinimumOf(claims));
  }
  return out;
}

}  // namespace

std::vector<Remedy> FindRemedies(const Claims& claims, const ReferenceSet& set, const std::string& pointer,
                                 const std::string& base, bool has_alternatives) {
  const bool whole =
      (claims.kind != EvidenceKind::kTdx || claims.tdx) && (claims.kind != EvidenceKind::kSnp || claims.snp);
  if (claims.kind == EvidenceKind::kNone || !whole) return {};
  const ReferenceSet exact = ExactSet(claims);
  if (KindOf(exact) != KindOf(set)) {
    const std::string kind(EvidenceKindName(claims.kind));
    return {AppendAlternative(WidenedDocument(claims, exact), base, has_alternatives,
                              "exactly the measurements of this " + kind + " evidence",
                              "this very software on every such platform that is in order")};
  }
  const std::vector<Demand> demands = manifest::DemandsOf(set);
  const std::vector<Miss> misses = MissesOf(claims, demands);
  if (std::ranges::none_of(misses, [](const Miss& miss) { return IsIdentity(miss.demand); })) {
    return Edits(claims, misses, demands, pointer);
  }
  std::vector<std::string> changed;
  std::vector<std::string> also{"software with these values that meets the other demands, too"};
  for (const Miss& miss : misses) {
    changed.push_back("`" + SplitMember(miss.demand.member).back() + "` " + miss.seen.text);
    if (!IsIdentity(miss.demand)) also.push_back(AlsoAdmits(miss));
  }
  return {AppendAlternative(WidenedDocument(claims, set), base, has_alternatives, Joined(changed), Joined(also))};
}

}  // namespace steelie::policy
