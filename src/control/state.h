#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/counter_map.h"
#include "control/deployment.h"
#include "control/event.h"
#include "control/fleet.h"
#include "pki/authority.h"

namespace steelie::control {

/// The numbers that the API returns.
enum class Phase : std::uint8_t { kUninitialized = 0, kRecovery = 1, kAcceptingManifest = 2, kAcceptingMarbles = 3 };

/// A full update that waits for acknowledgements.
struct PendingUpdate {
  Bytes manifest;
  bool lenient = false;
  std::string fingerprint;
  NameMap<bool> users;  // who may acknowledge, and whether they did
  std::uint64_t missing = 0;

  std::vector<std::string> MissingUsers() const;
};

/// All monotonic counters together.
struct CounterTotals {
  std::uint64_t count = 0;
  std::uint64_t id_bytes = 0;
};

/// Everything the Coordinator knows, as an immutable value: a copy shares all large parts. Only Apply changes one.
struct State {
  Phase phase = Phase::kAcceptingManifest;
  Instant last_event{};  // or lower, if a user said so
  std::shared_ptr<const Deployment> deployment;
  Bytes manifest_signature;
  /// The packages in force, with the security versions that package updates set.
  std::shared_ptr<const manifest::NameMap<manifest::Package>> packages;
  std::shared_ptr<const pki::Authority> authority;
  std::shared_ptr<const secrets::RootSecret> root_secret;
  std::shared_ptr<const secrets::RootSecret> previous_root_secret;  // null: never rotated
  std::shared_ptr<const SecretMap> secrets;                         // shared and user-defined ones
  std::shared_ptr<const SecretMap> previous_secrets;
  CounterMap activations;  // of types with a limit, by type
  CounterMap counters;     // monotonic counters, by id
  CounterMap counters_of;  // how many of them a marble has, by MarbleOfCounter
  CounterTotals counter_totals;
  std::shared_ptr<const std::vector<std::string>> update_log;
  std::shared_ptr<const PendingUpdate> pending;
  std::uint64_t recorded_activations = 0;
  Fleet fleet;
  /// When each holder of a present recovery secret last proved to have it. Null: nobody ever.
  std::shared_ptr<const NameMap<Instant>> possession_proofs;
};

/// Raises a monotonic counter and counts it if it is new.
void SetCounter(State& state, const std::string& id, std::uint64_t value);
/// The part of a counter's id that names the marble.
std::string_view MarbleOfCounter(std::string_view id);

/// Folds one event into the state. The only way a state ever changes. Fails only for an event that this program could
/// not have written; the state is unusable then.
Status Apply(State& state, const Event& event);

/// For snapshots. Everything but what is worked out from the manifest.
SecretBuffer EncodeState(const State& state);
/// Errors: kDataLoss `state.malformed`, kFailedPrecondition `state.version`.
Result<State> DecodeState(ByteView bytes);

}  // namespace steelie::control
