#include "control/plan_json.h"

#include <nlohmann/json.hpp>

namespace steelie::control {
namespace {

using nlohmann::json;

template <typename List, typename ToItem>
json ArrayOf(const List& list, const ToItem& to_item) {
  json out = json::array();
  for (const auto& item : list) out.push_back(to_item(item));
  return out;
}

json ChangeJson(const manifest::Change& change) {
  return {{"pointer", change.pointer}, {"effect", manifest::EffectName(change.effect)}, {"text", change.text}};
}

json RightsJson(const manifest::RightsChange& rights) {
  return {{"user", rights.user},
          {"gained", rights.gained},
          {"lost", rights.lost},
          {"certificateChanged", rights.certificate_changed}};
}

json TypeJson(const TypeImpact& impact) {
  return {{"type", impact.type},
          {"recorded", impact.recorded},
          {"refused", impact.refused},
          {"refusedAlready", impact.refused_already},
          {"because", impact.because}};
}

json CheckJson(const policy::Check& check) {
  return {{"rule", check.rule},
          {"pointer", check.pointer},
          {"expected", check.expected},
          {"seen", check.seen},
          {"pass", check.pass}};
}

json MarbleJson(const RefusedMarble& marble) {
  const auto kind = static_cast<attest::EvidenceKind>(marble.record.evidence_kind);
  return {{"type", marble.type},
          {"uuid", marble.uuid.ToString()},
          {"lastActivation", FormatMillis(marble.record.last)},
          {"activations", marble.record.activations},
          {"evidence", attest::EvidenceKindName(kind)},
          {"evidenceDigest", HexEncode(marble.record.evidence)},
          {"refusedAlready", marble.refused_already},
          {"reason", marble.decision.reason()},
          {"trace", ArrayOf(marble.decision.trace, CheckJson)}};
}

}  // namespace

json PlanToJson(const UpdatePlan& plan) {
  json secrets = json::object();
  for (const auto& [name, fate] : plan.diff.secrets) secrets[name] = manifest::SecretFateName(fate);
  return {{"manifestFingerprint", plan.fingerprint},
          {"packageUpdate", plan.diff.package_update},
          {"loosens", plan.diff.Loosens()},
          {"rotatesRootSecret", plan.diff.rotates_root_secret},
          {"recoveryChanged", plan.diff.recovery_changed},
          {"acknowledgments", {{"needed", plan.needed}, {"users", plan.eligible}}},
          {"changes", ArrayOf(plan.diff.changes, ChangeJson)},
          {"secrets", std::move(secrets)},
          {"rights", ArrayOf(plan.diff.rights, RightsJson)},
          {"reissuedCertificates", plan.reissued},
          {"marbleTypes", ArrayOf(plan.types, TypeJson)},
          {"recordedMarbles", plan.recorded},
          {"refusedMarbles", plan.refused},
          {"refused", ArrayOf(plan.marbles, MarbleJson)}};
}

}  // namespace steelie::control
