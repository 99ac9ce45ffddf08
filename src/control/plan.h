#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "control/deployment.h"
#include "control/state.h"
#include "manifest/diff.h"
#include "policy/decide.h"

namespace steelie::control {

/// What an update means for the marbles of one type, of the old manifest or the new one.
struct TypeImpact {
  std::string type;
  std::uint64_t recorded = 0;         // marbles in the fleet
  std::uint64_t refused = 0;          // of them: would not be admitted again after the update
  std::uint64_t refused_already = 0;  // of these: refused now, too, for the same rules
  /// What changes for it, for people: its definition, its package, values of secrets that its placeholders name.
  std::vector<std::string> because;
};

/// A recorded marble that would be refused, with the trace of the decision.
struct RefusedMarble {
  std::string type;
  Uuid uuid;
  FleetRecord record;
  bool refused_already = false;
  policy::Decision decision;
};

/// An update, rehearsed.
struct UpdatePlan {
  std::string fingerprint;  // of the document
  manifest::Diff diff;
  /// How many users must agree, the one who submits included, and who may. Empty for a package update.
  std::uint64_t needed = 0;
  std::vector<std::string> eligible;
  std::uint64_t recorded = 0;  // marbles in the fleet
  std::uint64_t refused = 0;
  std::vector<TypeImpact> types;       // those that have marbles, or for which something changes
  std::vector<RefusedMarble> marbles;  // the first kMaxListed refused ones, by type and UUID
  /// Secrets whose certificates an update issues anew. Those, and the certificates of all marbles, stop verifying: the
  /// intermediate CA is new.
  std::vector<std::string> reissued;

  static constexpr std::size_t kMaxListed = 1000;
};

/// The plan of an update from one document to another, without a Coordinator: nothing is known of a fleet, and the
/// versions in force are those of the first document. Hostile: both documents. Errors: those of Deployment::Compile and
/// of updates; a message begins with `OLD` or `NEW`.
Result<UpdatePlan> PlanOffline(const Bytes& before, const Bytes& after, bool lenient);

/// For each marble type what changes for it. Pure.
NameMap<std::vector<std::string>> AffectedTypes(const Deployment& before, const Deployment& after,
                                                const manifest::Diff& diff);

/// Tries the recorded fleet on a manifest: `next` with the packages that would be in force. Every distinct combination
/// of type and claims is decided once. Pure.
void Rehearse(const State& state, const Deployment& next, const manifest::NameMap<manifest::Package>& packages,
              bool simulation, UpdatePlan& plan);

}  // namespace steelie::control
