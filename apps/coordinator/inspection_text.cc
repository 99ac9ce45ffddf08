#include "inspection_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/unix_time.h"
#include "base/visible.h"

namespace steelie::coordinator {
namespace {

using Json = nlohmann::ordered_json;

std::string_view SchemeName(seal::RecoveryMode mode) {
  switch (mode) {
    case seal::RecoveryMode::kNone:
      return "none";
    case seal::RecoveryMode::kSingle:
      return "single";
    case seal::RecoveryMode::kAll:
      return "all";
    case seal::RecoveryMode::kThreshold:
      return "threshold";
  }
  return "";
}

std::string Line(std::string_view name, const std::string& value) {
  std::string out(name);
  out += ':';
  out.resize(std::max<std::size_t>(out.size() + 1, 14), ' ');
  return out + Visible(value) + "\n";
}

std::string RecoveryText(const seal::RecoveryScheme& scheme) {
  std::string out(SchemeName(scheme.mode));
  if (scheme.mode == seal::RecoveryMode::kNone) return out + ": cannot be recovered on another machine";
  out += ", " + std::to_string(scheme.required) + " of " + std::to_string(scheme.holders.size()) + ":";
  for (const seal::RecoveryHolder& holder : scheme.holders) out += " " + holder.name;
  return out;
}

std::string KeyText(const backup::KeyState& key) {
  std::string out(VerdictName(key.verdict));
  for (const auto& wrapped : key.keys) {
    out += (&wrapped == key.keys.data() ? ", epoch " : "; epoch ") + std::to_string(wrapped.epoch) + " for " +
           wrapped.platform;
  }
  return out;
}

std::string LedgerText(const backup::Inspection& in) {
  const ledger::Survey& survey = in.survey;
  if (!survey.header) return {};
  std::string out = Line("ledger", HexEncode(survey.header->id));
  out += Line("simulation", survey.header->simulation ? "yes: nothing is protected" : "no");
  out += Line("key epoch", std::to_string(survey.header->key_epoch));
  if (in.recovery) out += Line("recovery", RecoveryText(*in.recovery));
  std::string entries = std::to_string(survey.entries);
  if (survey.entries != 0) {
    entries += ", " + std::to_string(survey.first_sequence) + " to " +
               std::to_string(survey.first_sequence + survey.entries - 1);
  }
  out += Line("entries", entries);
  out += Line("last", std::to_string(survey.last_sequence));
  out += Line("snapshots", std::to_string(in.snapshots) +
                               (survey.snapshot != 0 ? ", newest of entry " + std::to_string(survey.snapshot) : ""));
  if (!in.tail.empty()) out += Line("tail record", in.tail);
  return out + Line("sealed_key", KeyText(in.key));
}

Json LedgerJson(const backup::Inspection& in) {
  const ledger::Survey& survey = in.survey;
  if (!survey.header) return nullptr;
  Json out = {{"id", HexEncode(survey.header->id)},
              {"simulation", survey.header->simulation},
              {"keyEpoch", survey.header->key_epoch},
              {"formats", {{"header", 1}, {"record", 1}, {"database", 1}}},
              {"entries", survey.entries},
              {"firstEntry", survey.first_sequence},
              {"lastSequence", survey.last_sequence},
              {"snapshots", in.snapshots},
              {"newestSnapshot", survey.snapshot}};
  return out;
}

Json RecoveryJson(const backup::Inspection& in) {
  if (!in.recovery) return nullptr;
  Json holders = Json::array();
  for (const seal::RecoveryHolder& holder : in.recovery->holders) holders.push_back(holder.name);
  return {{"scheme", SchemeName(in.recovery->mode)}, {"required", in.recovery->required}, {"holders", holders}};
}

Json KeyJson(const backup::Inspection& in) {
  Json keys = Json::array();
  for (const auto& key : in.key.keys) keys.push_back({{"epoch", key.epoch}, {"platform", key.platform}});
  return {{"state", VerdictName(in.key.verdict)}, {"keys", keys}};
}

Json BackupJson(const backup::Inspection& in) {
  if (!in.backup) return nullptr;
  Json parts = Json::array();
  for (const auto& part : in.backup->parts) {
    parts.push_back({{"name", part.name}, {"size", part.size}, {"sha256", HexEncode(part.hash)}});
  }
  return {{"madeAt", in.backup->made_at},
          {"program", in.backup->program_version},
          {"sequence", in.backup->sequence},
          {"parts", parts}};
}

}  // namespace

std::string_view VerdictOf(const backup::Inspection& inspection) {
  if (!inspection.sound()) return "damaged";
  return inspection.survey.header ? "sound" : "empty";
}

std::string InspectionText(const backup::Inspection& in) {
  std::string out;
  if (in.backup) {
    out += Line("backup", "made " + FormatUnixSeconds(in.backup->made_at) + " by " + in.backup->program_version +
                              (in.backup->Find(backup::kSealedFile) == nullptr ? ", without sealed_key" : ""));
  }
  out += LedgerText(in);
  if (in.log_bytes != 0) out += Line("log", std::to_string(in.log_bytes) + " bytes not yet in the database");
  for (const std::string& name : in.leftovers) out += Line("also there", name);
  for (const std::string& note : in.notes) out += Line("note", note);
  for (const backup::Finding& finding : in.findings) {
    out += Line("DAMAGE", finding.reason + " at " + finding.place + ": " + finding.message);
  }
  return out + Line("verdict", std::string(VerdictOf(in)));
}

std::string InspectionJson(const backup::Inspection& in) {
  Json findings = Json::array();
  for (const backup::Finding& finding : in.findings) {
    findings.push_back({{"reason", finding.reason}, {"place", finding.place}, {"message", finding.message}});
  }
  const Json out = {{"verdict", VerdictOf(in)}, {"findings", findings},
                    {"notes", in.notes},        {"backup", BackupJson(in)},
                    {"ledger", LedgerJson(in)}, {"recovery", RecoveryJson(in)},
                    {"sealedKey", KeyJson(in)}, {"tailRecord", in.tail.empty() ? Json() : Json(in.tail)},
                    {"logBytes", in.log_bytes}, {"leftovers", in.leftovers}};
  return Visible(out.dump(2, ' ', false, Json::error_handler_t::replace), VisibleForm::kJson) + "\n";
}

}  // namespace steelie::coordinator
