#include "control/coordinator_impl.h"
#include "control/dry_run.h"
#include "control/generate.h"
#include "crypto/hash.h"
#include "manifest/key_work.h"

namespace steelie::control {
namespace {

Status RequireSettable(const State& view) {
  if (view.phase == Phase::kAcceptingManifest || view.phase == Phase::kRecovery) return Ok();
  return Error(Code::kFailedPrecondition, "state.wrong", kWrongState);
}

// From here on making the keys may take long; strangers may ask for it while there is no manifest.
constexpr std::uint64_t kLongWork = 16 * manifest::kWorkOfRsa2048;

/// At most one long one at a time: others would occupy all workers, and only one can win.
class LongWork {
 public:
  static Result<LongWork> Begin(std::atomic<bool>& busy, const manifest::Manifest& manifest) {
    if (manifest::TotalKeyWork(manifest) < kLongWork) return LongWork(nullptr);
    if (busy.exchange(true)) {
      return Error(Code::kUnavailable, "manifest.busy",
                   "the keys of another manifest with many or large RSA secrets are being made: try again later");
    }
    return LongWork(&busy);
  }
  LongWork(LongWork&& other) noexcept : busy_(std::exchange(other.busy_, nullptr)) {}
  LongWork& operator=(LongWork&&) = delete;
  ~LongWork() {
    if (busy_ != nullptr) *busy_ = false;
  }

 private:
  explicit LongWork(std::atomic<bool>* busy) : busy_(busy) {}
  std::atomic<bool>* busy_;
};

// Every shared secret gets its value now; user-defined ones a placeholder, or what the manifest presets.
Result<SecretMap> GenerateShared(const Deployment& deployment, const pki::Authority& authority, Random& random,
                                 Instant now) {
  SecretMap out;
  for (const auto& [name, definition] : deployment.manifest().secrets) {
    if (definition.user_defined) {
      auto placeholder = std::make_shared<StoredSecret>();
      placeholder->valid_for = definition.valid_for;
      if (definition.preset_certificate) placeholder->certificate = *definition.preset_certificate;
      placeholder->private_half = SecretHalf(ByteView(definition.preset_private));
      placeholder->public_half = SecretHalf(ByteView(definition.preset_public));
      out.emplace(name, std::move(placeholder));
    } else if (definition.shared) {
      auto secret = GenerateSecret(definition, authority, random, now);
      if (!secret) return secret.error().WithContext("generating secrets from manifest: secret `" + name + "`");
      out.emplace(name, std::move(*secret));
    }
  }
  return out;
}

}  // namespace

Status Coordinator::RequireManifestSettable() const { return RequireSettable(*impl_->View()); }

Result<SetManifestResult> Coordinator::SetManifest(Bytes manifest) {
  const auto view = impl_->View();
  STEELIE_CHECK_OK(RequireSettable(*view));
  const Instant now = impl_->DecisionTime(*view);
  Random& random = impl_->deps.random;
  STEELIE_TRY(const std::shared_ptr<const Deployment> deployment,
              Deployment::Compile(std::move(manifest), impl_->options.lenient_manifest));
  STEELIE_TRY(const LongWork work, LongWork::Begin(impl_->long_work, deployment->manifest()));
  STEELIE_TRY(SecretMap secrets, GenerateShared(*deployment, *view->authority, random, now));
  auto recovery = SetUpRecovery(deployment->manifest(), random);
  if (!recovery) return recovery.error().WithContext("generating recovery encryption key");
  STEELIE_TRY(Bytes signature, view->authority->root_key().Sign(SignatureScheme::kEcdsaSha256, deployment->raw()));
  STEELIE_CHECK_OK(DryRun(*deployment, *view->authority, secrets, random, now));

  const manifest::SealMode seal_mode = deployment->manifest().config.seal_mode;
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    // Somebody may have been quicker.
    STEELIE_CHECK_OK(RequireSettable(state));
    ManifestSet event;
    event.manifest = deployment->raw();
    event.lenient = deployment->lenient();
    event.signature = signature;
    event.root = {state.authority->root().der(), state.authority->root_key().ToPkcs8()};
    event.intermediate = RecordOf(*state.authority);
    event.root_secret = state.root_secret->Clone();
    event.secrets = secrets;
    return Just(std::move(event));
  };
  const auto persist = [&](std::unique_ptr<ledger::Ledger>& ledger, const ledger::Tail&, const State&,
                           std::span<const SecretBuffer> events) -> Result<ledger::Tail> {
    STEELIE_TRY(ledger, impl_->vault.Create(seal_mode, recovery->key,
                                            seal::EncodeRecoveryScheme(recovery->secrets.scheme), events));
    return ledger->tail();
  };
  if (const auto committed = impl_->journal->Commit(decide, persist); !committed) {
    return committed.error().reason() == "state.wrong" ? committed.error()
                                                       : committed.error().WithContext("sealing state");
  }
  // Who was about to recover the old state learns that it is gone.
  impl_->EndRecovery();
  impl_->deps.logger.Info("SetManifest successful", {{"fingerprint", deployment->fingerprint()}});
  SetManifestResult result;
  for (auto& [name, ciphertext] : recovery->secrets.ciphertexts)
    result.recovery_secrets.emplace(name, std::move(ciphertext));
  return result;
}

}  // namespace steelie::control
