// Recovery secrets that wait for others, kept over a restart of a Coordinator in recovery.

#include "control/vault.h"

namespace steelie::control {
namespace {

seal::PlatformKey ToPlatformKey(const platform::SealingKey& key) {
  return key.Reveal([](ByteView bytes) { return seal::PlatformKey(bytes); });
}

}  // namespace

// The name does not contain `key`: operators remove `*key*` to force recovery, which must not disturb one under way.
seal::ReplacedFile Vault::CollectedShares() const {
  return {directory_.string(), "recovery_shares", "recovery_shares.tmp", seal::kMaxCollectedFile, fault_};
}

Result<seal::CollectedBinding> Vault::Binding() {
  STEELIE_TRY(const ledger::Header header, ReadLockedHeader());
  STEELIE_TRY(const Sha256Digest position, ledger::Ledger::Position(*store_));
  return seal::CollectedBinding{header.id, header.simulation, header.key_epoch, position};
}

Result<std::optional<Vault::Collected>> Vault::ReadCollected(Instant now) {
  MutexLock lock(mutex_);
  STEELIE_TRY(const std::optional<Bytes> bytes, CollectedShares().Read());
  if (!bytes) return std::optional<Collected>();
  STEELIE_TRY(const seal::CollectedBinding binding, Binding());
  STEELIE_TRY(const seal::CollectedFile file, seal::DecodeCollected(*bytes));
  STEELIE_CHECK_OK(seal::CheckCollected(file, binding, now));
  STEELIE_TRY(const platform::SealingKey key, platform_.SealingKeyFor(file.platform_info));
  STEELIE_TRY(std::vector<SecretBuffer> secrets, seal::OpenCollected(file, ToPlatformKey(key)));
  return std::optional<Collected>({std::move(secrets), file.first, file.latest});
}

Status Vault::WriteCollected(const Collected& collected) {
  MutexLock lock(mutex_);
  STEELIE_TRY(const seal::CollectedBinding binding, Binding());
  // The seal mode is in the locked state: the narrower policy is right for either.
  STEELIE_TRY(platform::DerivedSealingKey key, platform_.NewSealingKey(platform::SealingPolicy::kUnique));
  return CollectedShares().Write(
      seal::EncodeCollected(seal::SealCollected(binding, collected.first, collected.latest, ToPlatformKey(key.key),
                                                std::move(key.info), collected.secrets, random_)));
}

Status Vault::DropCollected() {
  MutexLock lock(mutex_);
  return CollectedShares().Remove();
}

}  // namespace steelie::control
