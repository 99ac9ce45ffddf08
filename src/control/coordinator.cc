#include "control/coordinator.h"

#include "control/coordinator_impl.h"
#include "control/generate.h"

namespace steelie::control {
namespace {

constexpr const char* kRecoveryMessage =
    "Coordinator is in recovery mode. Either upload a key to unseal the saved state, or set a new manifest. For more "
    "information on how to proceed, consult the documentation.";
constexpr const char* kAcceptingManifestMessage = "Coordinator is ready to accept a manifest.";
constexpr const char* kAcceptingMarblesMessage = "Coordinator is running correctly and ready to accept marbles.";

const char* MessageFor(Phase phase) {
  switch (phase) {
    case Phase::kUninitialized:
      return "";
    case Phase::kRecovery:
      return kRecoveryMessage;
    case Phase::kAcceptingManifest:
      return kAcceptingManifestMessage;
    case Phase::kAcceptingMarbles:
      return kAcceptingMarblesMessage;
  }
  return "";
}

// A new CA and root secret. They last only if a manifest is set before the process ends.
Result<State> FreshState(const CoordinatorOptions& options, const Coordinator::Dependencies& deps, Phase phase) {
  pki::AuthorityNames names = pki::AuthorityNames::FromList(options.dns_names);
  names.simulation = options.simulation;
  STEELIE_TRY(PrivateKey root_key, PrivateKey::Generate(options.curve));
  STEELIE_TRY(const pki::IntermediateInput intermediate, NewIntermediate(options.curve, deps.random));
  STEELIE_TRY(pki::Authority authority,
              pki::Authority::Create(names, {std::move(root_key), deps.random.Take<16>()}, intermediate,
                                     std::max(deps.clock.Now(), options.build_time)));
  State state;
  state.phase = phase;
  state.authority = std::make_shared<const pki::Authority>(std::move(authority));
  state.root_secret = std::make_shared<const secrets::RootSecret>(secrets::GenerateRootSecret(deps.random));
  return state;
}

Status CheckMode(const CoordinatorOptions& options, const platform::Platform& platform) {
  if (platform.is_real() && options.simulation) {
    return Error(Code::kFailedPrecondition, "mode.simulation_on_tee",
                 "simulation was asked for, but this platform (" + std::string(platform.name()) +
                     ") issues real evidence. Remove OE_SIMULATION and --simulation");
  }
  if (!platform.is_real() && !options.simulation) {
    return Error(Code::kFailedPrecondition, "mode.no_tee",
                 "no TEE was found. To run without protection, for development only, start with OE_SIMULATION=1 or "
                 "--simulation");
  }
  return Ok();
}

}  // namespace

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::~Coordinator() = default;

Result<std::unique_ptr<Coordinator>> Coordinator::Start(CoordinatorOptions options, const Dependencies& dependencies) {
  STEELIE_CHECK_OK(CheckMode(options, dependencies.platform));
  auto impl = std::make_unique<Impl>(std::move(options), dependencies);
  STEELIE_TRY(Opened opened, impl->vault.Open());
  Logger& logger = dependencies.logger;
  State state;
  if (opened.state) {
    state = std::move(*opened.state);
  } else if (opened.locked) {
    logger.LogError(
        "Failed to decrypt sealed state. Proceeding with a new state. Use the /recover API endpoint to load an old "
        "state, "
        "or submit a new manifest to overwrite the old state. Look up the documentation for more information on how to "
        "proceed.",
        {{"reason", opened.locked->reason()}, {"error", opened.locked->message()}});
    STEELIE_TRY(state, FreshState(impl->options, dependencies, Phase::kRecovery));
  } else {
    logger.Info("No sealed state found. Proceeding with new state.");
    STEELIE_TRY(state, FreshState(impl->options, dependencies, Phase::kAcceptingManifest));
  }
  if (impl->options.simulation) {
    logger.Warn("Simulation mode: nothing is protected. For development only.",
                {{"platform", dependencies.platform.name()}});
  }
  Journal::Options journal_options;
  journal_options.on_fatal = dependencies.on_fatal;
  impl->journal = std::make_unique<Journal>(std::move(state), std::move(opened.ledger), dependencies.clock, logger,
                                            std::move(journal_options));
  {
    MutexLock lock(impl->recovery_mutex);
    if (opened.locked) {
      // Says in the log what there is. Errors come again with the first secret.
      (void)impl->recovery.Prepare(impl->DecisionTime(*impl->View()));
    } else {
      impl->recovery.Drop();
    }
  }
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(impl)));
}

Phase Coordinator::phase() const { return impl_->View()->phase; }

bool Coordinator::DefinesMarble(std::string_view marble_type) const {
  const auto view = impl_->View();
  return view->deployment && view->deployment->FindMarble(marble_type) != nullptr;
}

namespace {

// A status never waits: a secret that completes the recovery may hold the lock for long.
std::optional<RecoveryView> TryViewRecovery(Coordinator::Impl& impl) {
  if (!impl.recovery_mutex.try_lock()) return std::nullopt;
  // A manifest may have ended the recovery meanwhile; nothing of it must come back.
  const bool prepared =
      impl.View()->phase == Phase::kRecovery && impl.recovery.Prepare(impl.DecisionTime(*impl.View())).has_value();
  std::optional<RecoveryView> view = prepared ? impl.recovery.View() : std::nullopt;
  impl.recovery_mutex.unlock();
  return view;
}

}  // namespace

StatusView Coordinator::GetStatus() const {
  const Phase now = phase();
  return {now,
          MessageFor(now),
          impl_->options.simulation,
          impl_->options.lenient_manifest,
          std::string(impl_->deps.platform.name()),
          impl_->options.version,
          now == Phase::kRecovery ? TryViewRecovery(*impl_) : std::nullopt};
}

std::shared_ptr<const ServerIdentity> Coordinator::ClientApiIdentity() const {
  const auto authority = impl_->View()->authority;
  MutexLock lock(impl_->identity_mutex);
  if (impl_->identity_authority != authority || impl_->client_identity == nullptr) {
    impl_->client_identity =
        std::make_shared<const ServerIdentity>(ServerIdentity{authority->root_key(), authority->root()});
    impl_->marble_identity =
        std::make_shared<const ServerIdentity>(ServerIdentity{authority->intermediate_key(), authority->marble_root()});
    impl_->identity_authority = authority;
  }
  return impl_->client_identity;
}

std::shared_ptr<const ServerIdentity> Coordinator::MarbleApiIdentity() const {
  (void)ClientApiIdentity();
  MutexLock lock(impl_->identity_mutex);
  return impl_->marble_identity;
}

Result<ManifestView> Coordinator::GetManifest() const {
  const auto view = impl_->View();
  if (!view->deployment) return Error(Code::kNotFound, "manifest.none", "requested value not set");
  return ManifestView{view->deployment->raw(), view->deployment->fingerprint(), view->manifest_signature};
}

Result<QuoteView> Coordinator::GetQuote(std::optional<Bytes> nonce) const {
  const auto view = impl_->View();
  QuoteView out;
  out.certificate_chain = view->authority->intermediate_pem() + view->authority->root_pem();
  if (!impl_->deps.platform.issues_evidence()) return out;
  const Bytes& root = view->authority->root().der();
  auto evidence = impl_->deps.platform.IssueEvidence(attest::BindingTo(root, nonce.value_or(Bytes())));
  if (!evidence) return evidence.error().WithContext("getting quote: failed to get quote");
  out.evidence = std::move(*evidence);
  return out;
}

Result<std::vector<std::string>> Coordinator::GetUpdateLog() const {
  const auto view = impl_->View();
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  return *view->update_log;
}

void Coordinator::Flush() { impl_->journal->Flush(); }

Result<Coordinator::LedgerCopy> Coordinator::CopyLedger(
    const std::string& path, const std::function<Status(std::uint64_t done, std::uint64_t of)>& progress) {
  // What was answered but is written a moment later.
  Flush();
  STEELIE_TRY(Vault::Copy copy, impl_->vault.Backup(path, progress));
  return LedgerCopy{std::move(copy.key_file), std::move(copy.note)};
}

Status RequirePhase(const State& view, Phase phase) {
  if (view.phase == phase) return Ok();
  return Error(Code::kFailedPrecondition, "state.wrong", kWrongState);
}

}  // namespace steelie::control
