#include "client/plan_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/json.h"

namespace steelie::client {
namespace {

using nlohmann::json;

constexpr std::size_t kListed = 20;

const json& EmptyList() {
  static const json* const kEmpty = new json(json::array());
  return *kEmpty;
}

const json& List(const json& object, std::string_view name) {
  const json* member = FindMember(object, name);
  return member != nullptr && member->is_array() ? *member : EmptyList();
}

std::string Text(const json& object, std::string_view name) { return TextMember(object, name).value_or(""); }
std::uint64_t Number(const json& object, std::string_view name) { return NumberMember(object, name).value_or(0); }
bool Flag(const json& object, std::string_view name) { return BoolMember(object, name).value_or(false); }

std::string Join(const std::vector<std::string>& items, std::string_view separator = ", ") {
  std::string out;
  for (const std::string& item : items) out.append(out.empty() ? "" : separator).append(item);
  return out;
}

std::string Counted(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

bool LocksOut(const json& change) { return Text(change, "effect") == "locks_out"; }

class Renderer {
 public:
  Renderer(const json& plan, bool offline) : plan_(plan), offline_(offline) {}

  PlanReport Render() {
    Changes();
    Secrets();
    Certificates();
    Agreement();
    if (offline_) {
      Types();
    } else {
      Fleet();
    }
    return std::move(out_);
  }

 private:
  void Line(const std::string& text) { out_.text += text + "\n"; }
  void Title(const std::string& text) { Line((out_.text.empty() ? "" : "\n") + text); }

  std::string Marks() const {
    if (!out_.loosens && !out_.locks_out) return "none admits or allows more than before";
    const std::string admits = "admits or allows something that was not before";
    const std::string locks = "takes something from everybody";
    if (!out_.locks_out) return "! marks what " + admits;
    return "! marks what " + (out_.loosens ? admits + ", or " + locks : locks);
  }

  void Changes() {
    const json& changes = List(plan_, "changes");
    out_.loosens = Flag(plan_, "loosens");
    if (changes.empty()) return Title("Nothing changes in the manifest.");
    out_.locks_out = std::ranges::any_of(changes, LocksOut);
    Title("Changes; " + Marks());
    for (const json& change : changes) {
      std::string effect = Text(change, "effect");
      const bool marked = effect == "loosens" || effect == "replaces" || LocksOut(change);
      std::ranges::replace(effect, '_', ' ');
      Line(std::string(marked ? "  ! " : "    ") + Text(change, "text") + " (" + effect + ", " +
           Text(change, "pointer") + ")");
    }
  }

  // Those that stay as they are are only counted.
  void Secrets() {
    const json* secrets = FindMember(plan_, "secrets");
    if (secrets == nullptr || !secrets->is_object()) return;
    std::map<std::string, std::vector<std::string>> by_fate;
    for (auto it = secrets->begin(); it != secrets->end(); ++it) {
      if (it->is_string()) by_fate[it->get<std::string>()].push_back(it.key());
    }
    if (by_fate.empty()) return;
    Title("Secrets");
    for (const auto& [fate, names] : by_fate) {
      const bool quiet = fate == "kept" || fate == "per_activation";
      std::string words = fate;
      std::ranges::replace(words, '_', ' ');
      Line("    " + words + ": " + (quiet ? std::to_string(names.size()) : Join(names)));
    }
  }

  // Also by an update that changes nothing else.
  void Certificates() {
    Title("Certificates");
    Line("    The intermediate CA is replaced: certificates of marbles that run now do not verify with marbles that");
    Line("    start afterwards. Restart them.");
    const auto reissued = TextListMember(plan_, "reissuedCertificates").value_or(std::vector<std::string>());
    if (!reissued.empty()) Line("    Issued anew: " + Join(reissued));
    if (Flag(plan_, "recoveryChanged"))
      Line("    New recovery secrets are made. The old ones open older backups only.");
  }

  void Agreement() {
    const json* agreement = FindMember(plan_, "acknowledgments");
    if (agreement == nullptr || List(plan_, "changes").empty()) return;
    if (Flag(plan_, "packageUpdate")) {
      Title("Agreement");
      return Line("    None is needed: an update of packages is applied at once.");
    }
    const auto users = TextListMember(*agreement, "users").value_or(std::vector<std::string>());
    const std::uint64_t needed = Number(*agreement, "needed");
    Title("Agreement");
    if (users.empty()) return Line("    Nobody may make this update.");
    Line("    " + std::to_string(needed) + " of " + std::to_string(users.size()) + " must agree: " + Join(users));
  }

  void Because(const json& type) {
    for (const std::string& reason : TextListMember(type, "because").value_or(std::vector<std::string>())) {
      Line("        " + reason);
    }
  }

  void Types() {
    const json& types = List(plan_, "marbleTypes");
    if (types.empty()) return;
    Title("Marbles for which something changes");
    for (const json& type : types) {
      Line("    " + Text(type, "type"));
      Because(type);
    }
  }

  void Fleet() {
    const std::uint64_t recorded = Number(plan_, "recordedMarbles");
    const std::uint64_t refused = Number(plan_, "refusedMarbles");
    std::uint64_t already = 0;
    for (const json& type : List(plan_, "marbleTypes")) already += Number(type, "refusedAlready");
    out_.refused = refused - std::min(already, refused);
    std::string summary =
        "Marbles: " + std::to_string(recorded) + " recorded, " + std::to_string(refused) + " would be refused";
    if (already != 0) summary += " (" + std::to_string(already) + " of them now, too, for the same rules)";
    Title(summary);
    for (const json& type : List(plan_, "marbleTypes")) {
      const std::uint64_t of_type = Number(type, "refused");
      Line(std::string(of_type != 0 ? "  ! " : "    ") + Text(type, "type") + ": " +
           Counted(Number(type, "recorded"), "marble") + ", " + std::to_string(of_type) + " refused");
      Because(type);
    }
    const json& listed = List(plan_, "refused");
    if (listed.empty()) return;
    Title("Refused");
    for (std::size_t i = 0; i < std::min(listed.size(), kListed); ++i) Refused(listed[i]);
    if (refused > kListed) {
      Line("    ... and " + Counted(refused - kListed, "more marble") + "; --json lists up to 1000");
    }
  }

  void Refused(const json& marble) {
    Line("    " + Text(marble, "type") + " " + Text(marble, "uuid") + ", last activated " +
         Text(marble, "lastActivation") + (Flag(marble, "refusedAlready") ? ", refused already" : ""));
    for (const json& check : List(marble, "trace")) {
      if (Flag(check, "pass")) continue;
      Line("        " + Text(check, "rule") + ": expected " + Text(check, "expected") + ", seen " +
           Text(check, "seen") + " (" + Text(check, "pointer") + ")");
    }
  }

  const json& plan_;
  const bool offline_;
  PlanReport out_;
};

}  // namespace

Result<PlanReport> ReadPlan(std::string_view plan_json, bool offline) {
  STEELIE_TRY(const json plan, ParseJson(plan_json));
  if (!plan.is_object()) return Error(Code::kInvalidArgument, "client.json", "the plan is not a JSON object");
  return Renderer(plan, offline).Render();
}

}  // namespace steelie::client
