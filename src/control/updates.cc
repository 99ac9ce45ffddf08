#include <algorithm>

#include "control/coordinator_impl.h"
#include "control/dry_run.h"
#include "control/generate.h"
#include "manifest/check.h"
#include "manifest/parse.h"
#include "manifest/update.h"

namespace steelie::control {
namespace {

constexpr const char* kNonePending = "no update in progress";

Status RequireNonePending(const State& state) {
  if (!state.pending) return Ok();
  return Error(Code::kFailedPrecondition, "update.pending",
               "update already in progress. Acknowledge the update to apply it, or cancel it to start a new one");
}

std::string Bracketed(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? " " : "") + name;
  return out + "]";
}

// All changes of a decision are lost if the state it was made for has changed; the user decides anew.
Error Changed() { return Error(Code::kAborted, "state.changed", "the deployment changed in the meantime: try again"); }

bool SameBasis(const State& a, const State& b) {
  return a.deployment == b.deployment && a.packages == b.packages && a.authority == b.authority &&
         a.secrets == b.secrets && a.pending == b.pending;
}

/// What an applied full update stores; made ahead of the decision.
struct PreparedUpdate {
  ManifestUpdated event;
  manifest::SealMode seal_mode;
  /// Set if the recovery configuration changed: then a new key epoch begins.
  std::optional<RecoverySetup> recovery;
};

class UpdateBuilder {
 public:
  UpdateBuilder(const State& state, const Deployment& next, const pki::Authority& authority, Random& random,
                Instant now)
      : state_(state), next_(next), authority_(authority), random_(random), now_(now) {}

  Status Build(SecretMap& current, SecretMap& previous) {
    const bool rotate = next_.manifest().config.rotate_root_secret;
    for (const auto& [name, definition] : next_.manifest().secrets) {
      if (!definition.shared && !definition.user_defined) continue;
      const auto old = state_.deployment->manifest().secrets.find(name);
      const bool known = old != state_.deployment->manifest().secrets.end();
      const auto old_value = state_.secrets->find(name);
      const bool same =
          known && old_value != state_.secrets->end() && manifest::SameDefinition(old->second, definition);
      if (same && manifest::KeptByUpdate(old->second, definition, rotate)) {
        current.emplace(name, old_value->second);
        const auto old_previous = state_.previous_secrets->find(name);
        previous.emplace(name,
                         old_previous != state_.previous_secrets->end() ? old_previous->second : old_value->second);
        continue;
      }
      STEELIE_TRY(std::shared_ptr<const StoredSecret> value, NewValue(name, definition));
      previous.emplace(name, same ? old_value->second : value);
      current.emplace(name, std::move(value));
    }
    return Ok();
  }

 private:
  Result<std::shared_ptr<const StoredSecret>> NewValue(const std::string& name, const manifest::Secret& definition) {
    if (definition.user_defined) {
      auto placeholder = std::make_shared<StoredSecret>();
      placeholder->valid_for = definition.valid_for;
      return std::shared_ptr<const StoredSecret>(std::move(placeholder));
    }
    return GenerateSecret(definition, authority_, random_, now_).WithContext("updating secrets: secret `" + name + "`");
  }

  const State& state_;
  const Deployment& next_;
  const pki::Authority& authority_;
  Random& random_;
  Instant now_;
};

// Everything that can fail of applying an update, before it is decided.
Result<PreparedUpdate> Prepare(const Coordinator::Impl& impl, const State& state, Bytes manifest, bool lenient) {
  Random& random = impl.deps.random;
  const Instant now = impl.DecisionTime(state);
  STEELIE_TRY(const std::shared_ptr<const Deployment> next, Deployment::Compile(std::move(manifest), lenient));
  STEELIE_CHECK_OK(CheckSealMode(*state.deployment, *next));
  STEELIE_TRY(const pki::IntermediateInput input, NewIntermediate(impl.options.curve, random));
  STEELIE_TRY(const pki::Authority authority, state.authority->Rotate(input, now));
  PreparedUpdate out;
  out.seal_mode = next->manifest().config.seal_mode;
  out.event.manifest = next->raw();
  out.event.lenient = lenient;
  STEELIE_TRY(out.event.signature, state.authority->root_key().Sign(SignatureScheme::kEcdsaSha256, next->raw()));
  out.event.intermediate = RecordOf(authority);
  UpdateBuilder builder(state, *next, authority, random, now);
  STEELIE_CHECK_OK(builder.Build(out.event.secrets, out.event.previous_secrets));
  STEELIE_CHECK_OK(DryRun(*next, authority, out.event.secrets, random, now).WithContext("updating secrets"));
  if (next->manifest().config.rotate_root_secret) out.event.new_root_secret = secrets::GenerateRootSecret(random);
  if (manifest::RecoveryChanged(state.deployment->manifest(), next->manifest())) {
    auto recovery = SetUpRecovery(next->manifest(), random);
    if (!recovery) return recovery.error().WithContext("generating recovery encryption key");
    out.recovery = std::move(*recovery);
  }
  return out;
}

// How an applied update becomes durable: as events, or with a new key epoch.
Journal::Persist PersistFor(Coordinator::Impl& impl, const std::optional<PreparedUpdate>& prepared) {
  if (!prepared || !prepared->recovery) return nullptr;
  return [&impl, &prepared](std::unique_ptr<ledger::Ledger>& ledger, const ledger::Tail& tail, const State& next,
                            std::span<const SecretBuffer>) -> Result<ledger::Tail> {
    return impl.vault.ChangeKey(prepared->seal_mode, *ledger, tail, prepared->recovery->key,
                                seal::EncodeRecoveryScheme(prepared->recovery->secrets.scheme), EncodeState(next));
  };
}

void AddRecoverySecrets(const std::optional<PreparedUpdate>& prepared, UpdateResult& result) {
  if (!prepared || !prepared->recovery) return;
  result.recovery_secrets.emplace();
  for (const auto& [name, ciphertext] : prepared->recovery->secrets.ciphertexts) {
    result.recovery_secrets->emplace(name, ciphertext);
  }
}

void LogApplied(const Coordinator::Impl& impl) {
  impl.deps.logger.Info("An updated manifest overriding the original manifest was set.");
  impl.deps.logger.Info("Please restart your Marbles to enforce the update.");
}

UpdateResult ResultOf(const State& state) {
  UpdateResult result;
  if (state.pending) {
    result.missing_acknowledgments = state.pending->missing;
    result.missing_users = state.pending->MissingUsers();
  }
  return result;
}

Result<SecretMap> ReissueShared(const State& state, const pki::Authority& authority, Random& random, Instant now) {
  SecretMap out;
  for (const auto& [name, definition] : state.deployment->manifest().secrets) {
    if (!definition.shared || definition.user_defined || !manifest::IsCertificate(definition.type)) continue;
    const auto old = state.secrets->find(name);
    if (old == state.secrets->end()) continue;
    // The end of validity does not move.
    manifest::Secret fixed = definition;
    STEELIE_TRY(const Certificate certificate, Certificate::FromDer(old->second->certificate));
    fixed.profile.not_after = certificate.NotAfter();
    STEELIE_TRY(const std::shared_ptr<const StoredSecret> made, GenerateSecret(fixed, authority, random, now));
    auto stored = std::make_shared<StoredSecret>();
    stored->valid_for = old->second->valid_for;
    stored->certificate = made->certificate;
    stored->private_half = made->private_half.Clone();
    stored->public_half = made->public_half.Clone();
    out.emplace(name, std::move(stored));
  }
  return out;
}

Result<UpdateResult> UpdatePackages(const Coordinator::Impl& impl, const State& view, const KnownUser& user,
                                    const manifest::Manifest& update) {
  const std::vector<std::string> names = manifest::PackageNames(update);
  if (!Authorised(user, manifest::Action::kUpdateSecurityVersion, names)) {
    return RefuseUser(impl, user, "update packages", "update one or more packages of " + Bracketed(names));
  }
  STEELIE_TRY(const NameMap<std::uint64_t> versions, manifest::CheckPackageUpdate(update, *view.packages));
  const Instant now = impl.DecisionTime(view);
  STEELIE_TRY(const pki::IntermediateInput input, NewIntermediate(impl.options.curve, impl.deps.random));
  STEELIE_TRY(const pki::Authority authority, view.authority->Rotate(input, now));
  STEELIE_TRY(const SecretMap reissued, ReissueShared(view, authority, impl.deps.random, now));
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    STEELIE_CHECK_OK(RequireNonePending(state));
    if (!SameBasis(state, view)) return Changed();
    return Just(PackagesUpdated{user.name, versions, RecordOf(authority), reissued});
  };
  STEELIE_CHECK_OK(impl.journal->Commit(decide));
  impl.deps.logger.Info("An update manifest overriding package settings from the original manifest was set.");
  impl.deps.logger.Info("Please restart your Marbles to enforce the update.");
  return UpdateResult{};
}

Result<UpdateResult> UpdateAll(Coordinator::Impl& impl, const State& view, const KnownUser& user, Bytes manifest) {
  if (!Authorised(user, manifest::Action::kUpdateManifest, {})) {
    return RefuseUser(impl, user, "update manifest", "update the complete manifest");
  }
  const bool lenient = impl.options.lenient_manifest;
  if (const auto outcome = manifest::Load(manifest, {.lenient = lenient}); !outcome.errors.empty()) {
    std::string text = "invalid manifest: ";
    for (const auto& problem : outcome.errors) text += (text.ends_with(": ") ? "" : "\n") + problem.ToString();
    return Error(Code::kInvalidArgument, outcome.errors.front().reason, text);
  }
  UpdateSubmitted submitted;
  submitted.user = user.name;
  submitted.manifest = manifest;
  submitted.lenient = lenient;
  submitted.eligible = UpdatersOf(*view.deployment);
  const std::uint64_t threshold = view.deployment->manifest().config.update_threshold;
  submitted.needed = threshold == 0 ? submitted.eligible.size() : threshold;

  std::optional<PreparedUpdate> prepared;
  if (submitted.needed <= 1) {
    STEELIE_TRY(prepared, Prepare(impl, view, std::move(manifest), lenient));
  }
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    STEELIE_CHECK_OK(RequireNonePending(state));
    if (!SameBasis(state, view)) return Changed();
    std::vector<EventBody> events = Just(std::move(submitted));
    if (prepared) events.emplace_back(std::move(prepared->event));
    return events;
  };
  STEELIE_TRY(const Journal::ViewPtr after, impl.journal->Commit(decide, PersistFor(impl, prepared)));
  if (prepared) {
    LogApplied(impl);
  } else {
    impl.deps.logger.Info("A manifest update was submitted",
                          {{"user", user.name}, {"missingAcknowledgments", after->pending->missing}});
  }
  UpdateResult result = ResultOf(*after);
  AddRecoverySecrets(prepared, result);
  return result;
}

Result<UpdateResult> Submit(Coordinator::Impl& impl, const Caller& caller, const Bytes& manifest) {
  const auto view = impl.View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  const auto outcome = manifest::Parse(manifest, {.lenient = impl.options.lenient_manifest});
  if (!outcome.errors.empty()) {
    std::string text = "unmarshaling update manifest: ";
    for (const auto& problem : outcome.errors) text += (text.ends_with(": ") ? "" : "\n") + problem.ToString();
    return Error(Code::kInvalidArgument, outcome.errors.front().reason, text);
  }
  STEELIE_CHECK_OK(RequireNonePending(*view));
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  return manifest::IsPackageOnly(*outcome.manifest) ? UpdatePackages(impl, *view, *user, *outcome.manifest)
                                                    : UpdateAll(impl, *view, *user, manifest);
}

// Whether there is an update that the user may acknowledge.
Status RequireEligible(const Coordinator::Impl& impl, const State& view, const KnownUser& user) {
  if (!view.pending) return Error(Code::kNotFound, "update.none", kNonePending);
  if (view.pending->users.contains(user.name)) return Ok();
  return RefuseUser(impl, user, "acknowledge update", "acknowledge manifest updates");
}

Result<UpdateResult> Acknowledge(Coordinator::Impl& impl, const Caller& caller, const Bytes& manifest) {
  const auto view = impl.View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  STEELIE_CHECK_OK(RequireEligible(impl, *view, *user));
  const PendingUpdate& pending = *view->pending;
  const auto eligible = pending.users.find(user->name);
  if (manifest != pending.manifest) {
    return Error(Code::kInvalidArgument, "update.mismatch", "provided manifest does not match the pending manifest");
  }
  const std::uint64_t missing = pending.missing - (eligible->second || pending.missing == 0 ? 0 : 1);
  std::optional<PreparedUpdate> prepared;
  if (missing == 0) {
    auto made = Prepare(impl, *view, pending.manifest, pending.lenient);
    if (!made) {
      // The update cannot be applied, now or later: it is dropped, and the manifest in force stays.
      const auto drop = [&](const State& state) -> Result<std::vector<EventBody>> {
        if (state.pending != view->pending) return Changed();
        return Just(UpdateCancelled{});
      };
      STEELIE_CHECK_OK(impl.journal->Commit(drop));
      return made.error();
    }
    prepared = std::move(*made);
  }
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (!SameBasis(state, *view)) return Changed();
    std::vector<EventBody> events = Just(UpdateAcknowledged{user->name});
    if (prepared) events.emplace_back(std::move(prepared->event));
    return events;
  };
  STEELIE_TRY(const Journal::ViewPtr after, impl.journal->Commit(decide, PersistFor(impl, prepared)));
  impl.deps.logger.Info(
      "Received update acknowledgement",
      {{"user", user->name},
       {"missingAcknowledgments", missing},
       {"missingUsers", Bracketed(after->pending ? after->pending->MissingUsers() : std::vector<std::string>())}});
  if (prepared) LogApplied(impl);
  UpdateResult result = ResultOf(*after);
  AddRecoverySecrets(prepared, result);
  return result;
}

Status Cancel(Coordinator::Impl& impl, const Caller& caller) {
  const auto view = impl.View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  if (!Authorised(*user, manifest::Action::kUpdateManifest, {})) {
    return RefuseUser(impl, *user, "cancel update", "cancel the manifest update");
  }
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    // The right to cancel comes from the manifest in force; an update in between may have taken it away.
    if (state.deployment != view->deployment) return Changed();
    if (!state.pending) return Error(Code::kNotFound, "update.none", kNonePending);
    return Just(UpdateCancelled{user->name});
  };
  STEELIE_CHECK_OK(impl.journal->Commit(decide));
  impl.deps.logger.Info("Manifest update canceled", {{"user", user->name}});
  return Ok();
}

}  // namespace

Status CheckSealMode(const Deployment& before, const Deployment& after) {
  using manifest::SealMode;
  const bool was_disabled = before.manifest().config.seal_mode == SealMode::kDisabled;
  const bool is_disabled = after.manifest().config.seal_mode == SealMode::kDisabled;
  if (was_disabled == is_disabled) return Ok();
  return Error(
      Code::kInvalidArgument, "update.seal_mode",
      "an update cannot change Config.SealMode to or from Disabled: whether the state is kept is decided by the "
      "first manifest");
}

std::vector<std::string> UpdatersOf(const Deployment& deployment) {
  std::vector<std::string> out;
  for (const auto& [fingerprint, user] : deployment.users()) {
    if (Authorised(user, manifest::Action::kUpdateManifest, {})) out.push_back(user.name);
  }
  std::ranges::sort(out);
  return out;
}

Result<UpdateResult> Coordinator::SubmitUpdate(const Caller& caller, Bytes manifest) {
  return RetryIfChanged([&] { return Submit(*impl_, caller, manifest); });
}

Result<UpdateResult> Coordinator::AcknowledgeUpdate(const Caller& caller, const Bytes& manifest) {
  return RetryIfChanged([&] { return Acknowledge(*impl_, caller, manifest); });
}

Status Coordinator::CancelUpdate(const Caller& caller) {
  return RetryIfChanged([&] { return Cancel(*impl_, caller); });
}

Status Coordinator::RequireUpdater(const Caller& caller) const {
  const auto view = impl_->View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  STEELIE_CHECK_OK(RequireNonePending(*view));
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  if (Authorised(*user, manifest::Action::kUpdateManifest, {})) return Ok();
  const auto may_update = [&](const auto& package) {
    return Authorised(*user, manifest::Action::kUpdateSecurityVersion, {package.first});
  };
  if (std::ranges::any_of(*view->packages, may_update)) return Ok();
  return RefuseUser(*impl_, *user, "update manifest", "update the manifest or any package");
}

Status Coordinator::RequireAcknowledger(const Caller& caller) const {
  const auto view = impl_->View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  return RequireEligible(*impl_, *view, *user);
}

std::size_t Coordinator::ManifestBytes() const {
  const auto view = impl_->View();
  return std::max(view->deployment ? view->deployment->raw().size() : 0,
                  view->pending ? view->pending->manifest.size() : 0);
}

Result<PendingView> Coordinator::GetPendingUpdate() const {
  const auto view = impl_->View();
  if (!view->pending) return Error(Code::kNotFound, "update.none", kNonePending);
  return PendingView{view->pending->manifest, view->pending->MissingUsers(), view->pending->missing};
}

}  // namespace steelie::control
