// Recovery drills: holders prove in normal operation that they could recover (docs/adr/0014-recovery-drills.md).

#include <algorithm>

#include "control/coordinator_impl.h"
#include "seal/possession.h"

namespace steelie::control {
namespace {

using Proofs = NameMap<Instant>;

// A proof from the future was made while the clock ran ahead, before the floor of time was lowered: it would count
// until that time comes.
bool Counts(Instant proof, Instant now) { return proof <= now && proof > now - kDrillWindow; }

// Names of those whose proof counts at `now`. A name that is no holder's any more cannot be among them: changing
// the recovery keys forgets all proofs.
std::vector<std::string> Proven(const State& state, Instant now) {
  std::vector<std::string> out;
  if (!state.possession_proofs) return out;
  for (const auto& [name, time] : *state.possession_proofs) {
    if (Counts(time, now)) out.push_back(name);
  }
  return out;
}

// The scheme that belongs to a view taken before: a change of recovery keys in between changes the deployment as well,
// which the decision notices.
Result<seal::RecoveryScheme> SchemeInForce(const Coordinator::Impl& impl) {
  const std::shared_ptr<const ledger::Header> header = impl.journal->Header();
  if (header == nullptr) return Error(Code::kInternal, "drill.no_ledger", "there is no ledger");
  STEELIE_TRY(seal::RecoveryScheme scheme, seal::DecodeRecoveryScheme(header->recovery));
  if (scheme.mode == seal::RecoveryMode::kNone) {
    return Error(Code::kFailedPrecondition, "drill.none", "the manifest has no recovery keys: nobody could recover");
  }
  return scheme;
}

Result<Instant> ChallengeMadeAt(Coordinator::Impl& impl, ByteView challenge, Instant now) {
  MutexLock lock(impl.drill_mutex);
  const std::optional<Instant> made = impl.drill_challenge.MadeAt(challenge, now);
  if (made) return *made;
  return Error(Code::kInvalidArgument, "drill.challenge",
               "this is not the challenge of the drill, or it has expired: get a new one");
}

DrillResult Summarise(const seal::RecoveryScheme& scheme, const State& state, Instant now, std::string holder) {
  DrillResult out;
  out.holder = std::move(holder);
  out.proven = Proven(state, now);
  for (const seal::RecoveryHolder& other : scheme.holders) {
    if (!std::ranges::binary_search(out.proven, other.name)) out.missing.push_back(other.name);
  }
  std::ranges::sort(out.missing);
  out.required = scheme.required;
  return out;
}

Result<DrillResult> Prove(Coordinator::Impl& impl, ByteView challenge, const seal::PossessionProof& proof) {
  const auto view = impl.View();
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  STEELIE_TRY(const seal::RecoveryScheme scheme, SchemeInForce(impl));
  const Instant now = impl.DecisionTime(*view);
  STEELIE_TRY(const Instant made, ChallengeMadeAt(impl, challenge, now));
  STEELIE_TRY(const seal::RecoveryHolder* holder, seal::CheckPossession(scheme, challenge, proof));
  bool quorum = false;
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (state.deployment != view->deployment) {
      return Error(Code::kAborted, "state.changed", "the deployment changed in the meantime: try again");
    }
    // Others may have proved theirs since.
    const Instant time = std::max(now, state.last_event);
    // One event a holder and challenge, however often the proof comes.
    if (state.possession_proofs) {
      const auto before = state.possession_proofs->find(holder->name);
      const bool known = before != state.possession_proofs->end() && before->second >= made;
      if (known && Counts(before->second, time)) return std::vector<EventBody>();
    }
    std::vector<std::string> proven = Proven(state, time);
    const std::size_t count = proven.size();
    const std::size_t next = count + (std::ranges::binary_search(proven, holder->name) ? 0 : 1);
    quorum = count < scheme.required && next >= scheme.required;
    return Just(PossessionProven{holder->name, quorum});
  };
  STEELIE_TRY(const Journal::ViewPtr after, impl.journal->Commit(decide));
  impl.deps.logger.Info("Recovery drill: a holder proved possession", {{"holder", holder->name}});
  if (quorum) impl.deps.logger.Info("Recovery drill: the quorum was reached");
  return Summarise(scheme, *after, impl.DecisionTime(*after), holder->name);
}

}  // namespace

Result<DrillView> Coordinator::GetRecoveryDrill() {
  const auto view = impl_->View();
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  STEELIE_TRY(const seal::RecoveryScheme scheme, SchemeInForce(*impl_));
  const Instant now = impl_->DecisionTime(*view);
  DrillView out;
  out.holders = scheme.holders.size();
  out.required = scheme.required;
  out.proven = Proven(*view, now).size();
  MutexLock lock(impl_->drill_mutex);
  const DrillChallenge::Issued issued = impl_->drill_challenge.Current(now, impl_->deps.random);
  out.challenge = ToBytes(issued.value);
  out.good_until = issued.made + DrillChallenge::kGoodFor;
  return out;
}

Result<DrillResult> Coordinator::ProveRecovery(ByteView challenge, const seal::PossessionProof& proof) {
  return RetryIfChanged([&] { return Prove(*impl_, challenge, proof); });
}

}  // namespace steelie::control
