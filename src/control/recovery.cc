#include "control/coordinator_impl.h"

namespace steelie::control {
namespace {

constexpr int kEphemeralBits = 4096;

// Plain secrets have one of these lengths; everything else is taken to be encrypted to the ephemeral key.
bool IsPlain(ByteView secret) { return secret.size() == 16 || secret.size() == 32 || secret.size() == 33; }

Status RequireRecovery(const State& view) {
  if (view.phase == Phase::kRecovery) return Ok();
  return Error(Code::kFailedPrecondition, "state.wrong", kWrongState);
}

Result<SecretBuffer> Decrypt(const std::optional<PrivateKey>& ephemeral, ByteView secret) {
  const auto failed = [](const std::string& why) {
    return Error(Code::kInvalidArgument, "request.recovery_secret", "failed to decrypt recovery secret: " + why);
  };
  if (!ephemeral) return failed("ephemeral secret key not set");
  auto plain = ephemeral->RsaOaepDecrypt(secret);
  if (!plain) return failed("it is not encrypted to this Coordinator's ephemeral key");
  return std::move(*plain);
}

Status CheckSignature(const seal::RecoveryHolder& holder, ByteView secret, ByteView signature) {
  const auto key = PublicKey::FromSpki(holder.spki);
  if (key && key->Verify(SignatureScheme::kRsaPkcs1Sha256, secret, signature)) return Ok();
  return Error(Code::kInvalidArgument, "recovery.signature",
               "no matching recovery key found for recovery public key \"" + holder.name +
                   "\": the signature of the secret does not verify under it");
}

// A full disk, for one: then the secrets of the others are as good as before.
bool MayPass(const Error& error) {
  return error.code() == Code::kResourceExhausted || error.code() == Code::kUnavailable;
}

Status UnlockWith(Coordinator::Impl& impl, const seal::RecoveryCollector& collector) {
  STEELIE_TRY(SecretBuffer bytes, collector.Combine());
  const ledger::LedgerKey key(std::move(bytes));
  const auto adopted = impl.journal->Adopt([&](const State& state) -> Result<Journal::Adopted> {
    STEELIE_CHECK_OK(RequireRecovery(state));
    STEELIE_TRY(Opened opened, impl.vault.Unlock(key));
    return Journal::Adopted{std::move(*opened.state), std::move(opened.ledger)};
  });
  if (!adopted) return adopted.error();
  return Ok();
}

// Also makes a copy of the collected secrets worthless that the host may have kept: it names the ledger as it was.
void RecordRecovery(Coordinator::Impl& impl, std::vector<std::string> holders) {
  const auto recorded =
      impl.journal->Commit([&](const State&) -> Result<std::vector<EventBody>> { return Just(Recovered{holders}); });
  if (recorded) return;
  impl.deps.logger.Warn("Recover: the recovery could not be recorded yet", {{"error", recorded.error().message()}});
  impl.journal->Record(Recovered{std::move(holders)});
}

}  // namespace

Result<RecoverySetup> SetUpRecovery(const manifest::Manifest& manifest, Random& random) {
  std::vector<seal::RecoveryKey> keys;
  for (const auto& [name, pem] : manifest.recovery_keys) keys.push_back({name, pem});
  SecretBuffer bytes(32);
  random.Fill(bytes);
  ledger::LedgerKey key(std::move(bytes));
  auto secrets = key.Reveal([&](ByteView view) {
    return seal::GenerateRecovery(keys, static_cast<std::uint32_t>(manifest.config.recovery_threshold), view, random);
  });
  if (!secrets) return secrets.error();
  return RecoverySetup{std::move(key), std::move(*secrets)};
}

Result<Bytes> Coordinator::RecoveryPublicKey() {
  STEELIE_CHECK_OK(RequireRecovery(*impl_->View()));
  MutexLock lock(impl_->recovery_mutex);
  if (!impl_->recovery_key) {
    STEELIE_TRY(impl_->recovery_key, PrivateKey::Generate(KeyKind::kRsa, kEphemeralBits));
  }
  return impl_->recovery_key->public_key().spki();
}

Result<std::size_t> Coordinator::Recover(ByteView secret, ByteView signature) {
  MutexLock lock(impl_->recovery_mutex);
  const Status in_recovery = RequireRecovery(*impl_->View());
  SecretBuffer plain(secret.begin(), secret.end());
  if (!IsPlain(secret)) {
    if (!in_recovery) {
      return Error(Code::kInvalidArgument, "request.recovery_secret",
                   "failed to decrypt recovery secret: " + in_recovery.error().message());
    }
    STEELIE_TRY(plain, Decrypt(impl_->recovery_key, secret));
  }
  STEELIE_CHECK_OK(in_recovery);
  const Instant now = impl_->DecisionTime(*impl_->View());
  STEELIE_CHECK_OK(impl_->recovery.Prepare(now));
  seal::RecoveryCollector& collector = impl_->recovery.collector();
  const auto holder = collector.Identify(plain);
  if (!holder) return holder.error().WithContext("setting recovery key");
  STEELIE_CHECK_OK(CheckSignature(**holder, plain, signature));
  STEELIE_CHECK_OK(collector.Add(plain));
  impl_->deps.logger.Info("Recover: a recovery secret was accepted", {{"holder", (*holder)->name}});
  if (collector.missing() > 0) {
    impl_->recovery.Keep(now);
    impl_->deps.logger.Info("Recover: recovery incomplete, more keys needed",
                            {{"remaining", std::uint64_t{collector.remaining()}}});
    return collector.remaining();
  }
  const Status unlocked = UnlockWith(*impl_, collector);
  if (!unlocked && MayPass(unlocked.error())) {
    collector.ForgetNewest();
    return unlocked.error().WithContext("loading sealed state");
  }
  std::vector<std::string> holders = collector.taken();
  impl_->recovery.Drop();
  if (!unlocked) return unlocked.error().WithContext("loading sealed state");
  impl_->recovery_key.reset();
  RecordRecovery(*impl_, std::move(holders));
  impl_->deps.logger.Info("Recover successful");
  return std::size_t{0};
}

}  // namespace steelie::control
