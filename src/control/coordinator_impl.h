#pragma once

#include <atomic>

#include "base/rate_limit.h"
#include "control/coordinator.h"
#include "control/drill_challenge.h"
#include "control/journal.h"
#include "control/recovery_progress.h"
#include "control/vault.h"
#include "seal/recovery.h"

namespace steelie::control {

/// Shared by the files that implement the use cases; not for others.
class Coordinator::Impl {
 public:
  Impl(CoordinatorOptions o, const Dependencies& d)
      : options(std::move(o)),
        deps(d),
        vault(options.seal_directory, d.platform, options.simulation, d.random, d.clock, d.logger, options.seal_fault) {
  }

  CoordinatorOptions options;
  Dependencies deps;
  Vault vault;
  std::unique_ptr<Journal> journal;

  Mutex identity_mutex;
  /// Made once per authority; the authority's address says which.
  std::shared_ptr<const pki::Authority> identity_authority STEELIE_GUARDED_BY(identity_mutex);
  std::shared_ptr<const ServerIdentity> client_identity STEELIE_GUARDED_BY(identity_mutex);
  std::shared_ptr<const ServerIdentity> marble_identity STEELIE_GUARDED_BY(identity_mutex);

  /// The keys of a manifest that takes long are being made.
  std::atomic<bool> long_work = false;

  mutable RateLimit refusals{200, 2};  // lines about refused users

  Mutex recovery_mutex;
  std::optional<PrivateKey> recovery_key STEELIE_GUARDED_BY(recovery_mutex);  // the ephemeral one
  RecoveryProgress recovery STEELIE_GUARDED_BY(recovery_mutex){vault, deps.logger};

  Mutex drill_mutex;
  DrillChallenge drill_challenge STEELIE_GUARDED_BY(drill_mutex);

  /// After a manifest was set or the state recovered: nothing of a recovery stays.
  void EndRecovery() {
    MutexLock lock(recovery_mutex);
    recovery_key.reset();
    recovery.Drop();
  }

  Journal::ViewPtr View() const { return journal->View(); }

  /// The time that decisions use: the clock's, but never below the floor.
  Instant DecisionTime(const State& view) const {
    return std::max({deps.clock.Now(), view.last_event, options.build_time});
  }
};

/// Text that clients match on.
inline constexpr const char* kWrongState = "server is not in expected state";

Status RequirePhase(const State& view, Phase phase);

/// Shares a new ledger key out to the recovery keys of a manifest. Errors: kInvalidArgument `recovery.*`.
struct RecoverySetup {
  ledger::LedgerKey key;
  seal::RecoverySecrets secrets;
};
Result<RecoverySetup> SetUpRecovery(const manifest::Manifest& manifest, Random& random);

/// Runs a use case again if the state it was prepared for changed before it could be decided.
template <typename UseCase>
auto RetryIfChanged(UseCase use_case) {
  constexpr int kMoreAttempts = 4;
  auto result = use_case();
  for (int i = 0; i < kMoreAttempts && !result && result.error().reason() == "state.changed"; ++i) result = use_case();
  return result;
}

/// The user with exactly the caller's leaf certificate. Errors: kUnauthenticated `user.unauthorized`.
Result<const KnownUser*> Authenticate(const State& view, const Caller& caller);

/// The authorisation of users, for every operation: the names asked for, all or nothing. The only place that decides
/// it.
bool Authorised(const KnownUser& user, manifest::Action action, const std::vector<std::string>& names);

/// The answer to a user who may not do what was asked: `user <name> is not allowed to <message>`. Records the refusal
/// for the audit; every refusal of a user goes through here.
Error RefuseUser(const Coordinator::Impl& impl, const KnownUser& user, std::string operation,
                 const std::string& message);

/// Whether there is a ledger on disk at all is settled by the first manifest. Errors: kInvalidArgument
/// `update.seal_mode`.
Status CheckSealMode(const Deployment& before, const Deployment& after);

/// Names of the users who may update the manifest, in order.
std::vector<std::string> UpdatersOf(const Deployment& deployment);

/// Verifies evidence and decides whether the package admits it. Errors: kPermissionDenied.
Result<attest::Claims> Attest(const Coordinator::Dependencies& deps, bool simulation, const State& view,
                              const ActivationRequest& request, const Certificate& leaf,
                              const std::string& package_name, Instant now);

/// `MARBLE_TTLS_CONFIG` of a marble, or nothing if it has no tags.
std::optional<SecretBuffer> TtlsConfig(const State& view, const manifest::Marble& marble, const class MarbleData& data,
                                       const struct MarbleCredentials& credentials);

/// Whether every name of a request is covered by the marble's AllowedNames. Errors: kPermissionDenied `policy.names`.
Status CheckAllowedNames(const manifest::Marble& marble, const CertificateRequest& request);

}  // namespace steelie::control
