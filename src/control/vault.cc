#include "control/vault.h"

#include <algorithm>

#include "base/file.h"
#include "ledger/memory/memory_store.h"
#include "ledger/sqlite/read_only_store.h"
#include "ledger/sqlite/sqlite_store.h"
#include "seal/directory.h"

namespace steelie::control {
namespace {

constexpr std::size_t kMaxKeyFile = std::size_t{1} << 20U;
constexpr const char* kKeyFileName = "sealed_key";

platform::SealingPolicy PolicyFor(manifest::SealMode mode) {
  return mode == manifest::SealMode::kUniqueKey ? platform::SealingPolicy::kUnique : platform::SealingPolicy::kProduct;
}

seal::PlatformKey ToPlatformKey(const platform::SealingKey& key) {
  return key.Reveal([](ByteView bytes) { return seal::PlatformKey(bytes); });
}

// Whether a key cannot be had here at all, as opposed to not now: only the former leads to recovery, in which anybody
// may set a new manifest.
bool MeansRecovery(const Error& error) { return error.reason() == "vault.key" || error.reason() == "seal.key_file"; }

Error NoKey(const std::string& why) { return Error(Code::kPermissionDenied, "vault.key", why); }

}  // namespace

Vault::Vault(std::filesystem::path directory, const platform::Platform& platform, bool simulation, Random& random,
             const Clock& clock, Logger& logger, Fault fault)
    : directory_(std::move(directory)),
      platform_(platform),
      simulation_(simulation),
      random_(random),
      clock_(clock),
      logger_(logger),
      fault_(std::move(fault)) {}

ledger::SqliteStore::Options Vault::StoreOptions() {
  ledger::SqliteStore::Options options;
  options.warn = [this](std::string_view text) { logger_.Warn("Seal directory", {{"note", text}}); };
  options.fault = fault_;
  return options;
}

Status Vault::OpenStore() {
  STEELIE_TRY(std::unique_ptr<ledger::SqliteStore> store,
              ledger::SqliteStore::Open(directory_.string(), StoreOptions()));
  store_ = std::move(store);
  return Ok();
}

Result<Opened> Vault::Open() {
  MutexLock lock(mutex_);
  STEELIE_CHECK_OK(OpenStore());
  return OpenLedger();
}

Result<ledger::LedgerKey> Vault::UnsealKey(const ledger::Header& header) {
  seal::KeyDirectory keys(directory_.string(), fault_);
  const Result<std::optional<seal::KeyFile>> file = keys.Read();
  if (!file) return file.error();
  if (!file->has_value()) return NoKey("the file sealed_key is missing");
  if ((*file)->ledger_id != header.id) return NoKey("the file sealed_key belongs to another ledger");
  const auto wrapped = std::ranges::find((*file)->keys, header.key_epoch, &seal::WrappedKey::key_epoch);
  if (wrapped == (*file)->keys.end()) {
    return NoKey("the file sealed_key has no key of epoch " + std::to_string(header.key_epoch));
  }
  const auto platform_key = platform_.SealingKeyFor(wrapped->platform_info);
  if (!platform_key) return NoKey(platform_key.error().message());
  const auto key = seal::Unwrap(**file, *wrapped, ToPlatformKey(*platform_key));
  if (!key) return NoKey(key.error().message());
  return ledger::LedgerKey(ByteView(*key));
}

Result<Opened> Vault::OpenLedger() {
  const auto header = ledger::Ledger::ReadHeader(*store_);
  if (!header && header.error().reason() == "ledger.none") return Opened{};
  if (!header) return header.error();
  if (header->simulation != simulation_) {
    return Error(Code::kFailedPrecondition, "vault.mode",
                 header->simulation ? "the state in " + directory_.string() +
                                          " was made in simulation mode; it is opened in simulation mode only"
                                    : "the state in " + directory_.string() +
                                          " is real; simulation mode never opens it. Use another seal directory");
  }
  auto key = UnsealKey(*header);
  Opened opened;
  if (!key && !MeansRecovery(key.error())) return key.error();
  if (!key) {
    locked_ = true;
    opened.locked = key.error();
    return opened;
  }
  const ledger::LedgerKey copy = key->Clone();
  STEELIE_TRY(opened, Replay(std::move(*key)));
  TidyKeyFile(*header, copy, opened.state->deployment->manifest().config.seal_mode);
  return opened;
}

// After a change of epoch that a crash interrupted the file still holds the old key, and a manifest may have asked for
// another seal mode since the key was sealed. Neither is a reason not to start.
void Vault::TidyKeyFile(const ledger::Header& header, const ledger::LedgerKey& key, manifest::SealMode mode) {
  const auto tidy = [&]() -> Status {
    if (mode == manifest::SealMode::kDisabled) return Ok();
    seal::KeyDirectory keys(directory_.string(), fault_);
    STEELIE_TRY(const std::optional<seal::KeyFile> file, keys.Read());
    STEELIE_TRY(seal::WrappedKey wrapped, WrapKey(mode, header, key));
    if (file && file->keys.size() == 1 && file->keys.front().platform_info == wrapped.platform_info) return Ok();
    return keys.Write({header.id, simulation_, {std::move(wrapped)}});
  };
  if (const Status done = tidy(); !done) {
    logger_.Warn("The key file could not be brought up to date", {{"error", done.error().message()}});
  }
}

Result<Opened> Vault::Replay(ledger::LedgerKey key) {
  Opened opened;
  State state;
  ledger::Ledger::Replay replay;
  replay.snapshot = [&](ByteView bytes) -> Status {
    STEELIE_TRY(state, DecodeState(bytes));
    return Ok();
  };
  replay.event = [&](std::uint64_t, ByteView bytes) -> Status {
    STEELIE_TRY(const Event event, DecodeEvent(bytes));
    return Apply(state, event);
  };
  STEELIE_TRY(opened.ledger, ledger::Ledger::Open(store_, std::move(key), random_, replay));
  opened.state = std::move(state);
  return opened;
}

// A new manifest is set although the old ledger cannot be opened: the old one may still be recoverable elsewhere, so it
// is kept whole under a name of its own.
Status Vault::PutAside() {
  if (copying_) {
    return Error(Code::kUnavailable, "vault.backup",
                 "a backup of the old state is being made. Set the manifest when it has ended");
  }
  store_.reset();
  const std::string backup = "backup-" + FormatMillis(clock_.Now());
  const std::vector<std::string> with = {"sealed_key"};
  auto fresh = ledger::SqliteStore::Replace(directory_.string(), backup, with, StoreOptions());
  if (!fresh) {
    BringBack();
    return std::move(fresh).error().WithContext("keeping the old state as a backup");
  }
  store_ = std::move(*fresh);
  logger_.Warn("The old sealed state is kept as a backup", {{"folder", (directory_ / backup).string()}});
  locked_ = false;
  return Ok();
}

// The new ledger did not come to be, so the old one is the one to recover again. Opening the directory sees to it.
void Vault::BringBack() {
  store_.reset();
  if (const Status opened = OpenStore(); !opened) {
    logger_.LogError("The seal directory cannot be opened again", {{"error", opened.error().message()}});
    return;
  }
  locked_ = ledger::Ledger::ReadHeader(*store_).has_value();
}

Result<seal::WrappedKey> Vault::WrapKey(manifest::SealMode mode, const ledger::Header& header,
                                        const ledger::LedgerKey& key) {
  STEELIE_TRY(platform::DerivedSealingKey platform_key, platform_.NewSealingKey(PolicyFor(mode)));
  return key.Reveal([&](ByteView bytes) {
    return seal::Wrap(header.id, simulation_, header.key_epoch, ToPlatformKey(platform_key.key),
                      std::move(platform_key.info), bytes, random_);
  });
}

Result<std::unique_ptr<ledger::Ledger>> Vault::Create(manifest::SealMode mode, const ledger::LedgerKey& key,
                                                      Bytes scheme, std::span<const SecretBuffer> events) {
  MutexLock lock(mutex_);
  ledger::Header header;
  random_.Fill(header.id);
  header.simulation = simulation_;
  header.recovery = std::move(scheme);
  if (mode == manifest::SealMode::kDisabled) {
    if (locked_) logger_.Warn("The new state is kept in memory only: a restart finds the old sealed state again", {});
    locked_ = false;
    in_memory_ = true;
    return ledger::Ledger::Create(std::make_shared<ledger::MemoryStore>(), header, key.Clone(), random_, events);
  }
  const bool replacing = locked_;
  if (replacing) STEELIE_CHECK_OK(PutAside());
  auto created = CreateSealed(mode, header, key, events);
  if (!created && replacing) BringBack();
  return created;
}

Result<std::unique_ptr<ledger::Ledger>> Vault::CreateSealed(manifest::SealMode mode, const ledger::Header& header,
                                                            const ledger::LedgerKey& key,
                                                            std::span<const SecretBuffer> events) {
  if (store_ == nullptr) {
    return Error(Code::kUnavailable, "ledger.unreadable", "the seal directory could not be opened: see the log");
  }
  STEELIE_TRY(seal::WrappedKey wrapped, WrapKey(mode, header, key));
  // The key comes first: a ledger whose key is not on disk could never be opened again. A key without a ledger means
  // nothing.
  seal::KeyDirectory keys(directory_.string(), fault_);
  STEELIE_CHECK_OK(keys.Write({header.id, simulation_, {std::move(wrapped)}}));
  return ledger::Ledger::Create(store_, header, key.Clone(), random_, events);
}

Result<ledger::Tail> Vault::ChangeKey(manifest::SealMode mode, ledger::Ledger& ledger, const ledger::Tail& tail,
                                      const ledger::LedgerKey& key, Bytes scheme, ByteView snapshot) {
  ledger::Header header = ledger.header();
  ++header.key_epoch;
  header.recovery = std::move(scheme);
  if (mode == manifest::SealMode::kDisabled) {
    STEELIE_CHECK_OK(ledger.StartEpoch(tail, header, key.Clone(), snapshot));
    return ledger.tail();
  }
  // While the epoch changes the file holds both keys: whichever epoch a crash leaves behind, its key is there.
  seal::KeyDirectory keys(directory_.string(), fault_);
  STEELIE_TRY(const std::optional<seal::KeyFile> before, keys.Read());
  if (!before) return NoKey("the file sealed_key is missing");
  STEELIE_TRY(const seal::WrappedKey wrapped, WrapKey(mode, header, key));
  seal::KeyFile both = *before;
  both.keys.push_back(wrapped);
  STEELIE_CHECK_OK(keys.Write(both));
  if (const Status started = ledger.StartEpoch(tail, header, key.Clone(), snapshot); !started) {
    if (started.error().code() == Code::kResourceExhausted) (void)keys.Write(*before);
    return started.error();
  }
  if (const Status written = keys.Write({header.id, simulation_, {wrapped}}); !written) {
    logger_.Warn("The key of the old epoch could not be removed from sealed_key yet",
                 {{"error", written.error().message()}});
  }
  return ledger.tail();
}

// Bytes as they are: another thread may be replacing the file, which a rename does at once.
Bytes Vault::ReadKeyFile() const { return ReadFile(directory_ / kKeyFileName, kMaxKeyFile).value_or(Bytes()); }

Result<std::shared_ptr<ledger::SqliteStore>> Vault::BeginCopy() {
  MutexLock lock(mutex_);
  if (copying_) return Error(Code::kUnavailable, "backup.busy", "another backup is being made");
  if (in_memory_ || store_ == nullptr) {
    return Error(Code::kNotFound, "backup.no_ledger",
                 "the state is in memory only (SealMode Disabled): there is nothing to back up");
  }
  STEELIE_TRY(const std::optional<Bytes> header, store_->ReadHeader());
  if (!header) {
    return Error(Code::kNotFound, "backup.no_ledger", "no manifest was set yet: there is nothing to back up");
  }
  copying_ = true;
  return store_;
}

Result<Vault::Copy> Vault::Backup(const std::string& path, const ledger::SqliteStore::Progress& progress) {
  STEELIE_TRY(std::shared_ptr<ledger::SqliteStore> store, BeginCopy());
  // The key epoch may change while the copy is made: the key of the epoch that the copy is of is in the file as it was
  // before or as it is after.
  const Bytes before = ReadKeyFile();
  const Status copied = store->Backup(path, progress);
  const Bytes after = ReadKeyFile();
  store.reset();
  {
    MutexLock lock(mutex_);
    copying_ = false;
  }
  if (!copied) return copied.error();
  STEELIE_TRY(const std::unique_ptr<ledger::ReadOnlyStore> made, ledger::ReadOnlyStore::Open(path));
  STEELIE_TRY(const ledger::Header header, ledger::Ledger::ReadHeader(*made));
  for (const Bytes* bytes : {&after, &before}) {
    const auto file = seal::DecodeKeyFile(*bytes);
    if (file && file->ledger_id == header.id &&
        std::ranges::find(file->keys, header.key_epoch, &seal::WrappedKey::key_epoch) != file->keys.end()) {
      return Copy{*bytes, {}};
    }
  }
  return Copy{{}, "there is no sealed_key that opens this backup: it needs recovery wherever it is restored"};
}

Result<ledger::Header> Vault::LockedHeader() {
  MutexLock lock(mutex_);
  return ReadLockedHeader();
}

Result<ledger::Header> Vault::ReadLockedHeader() {
  if (!locked_ || store_ == nullptr) {
    return Error(Code::kFailedPrecondition, "vault.not_locked", "there is no locked ledger");
  }
  return ledger::Ledger::ReadHeader(*store_);
}

Result<Opened> Vault::Unlock(const ledger::LedgerKey& key) {
  MutexLock lock(mutex_);
  STEELIE_TRY(const ledger::Header header, ReadLockedHeader());
  STEELIE_TRY(Opened opened, Replay(key.Clone()));
  const manifest::SealMode mode = opened.state->deployment->manifest().config.seal_mode;
  STEELIE_TRY(seal::WrappedKey wrapped, WrapKey(mode, header, key));
  seal::KeyDirectory keys(directory_.string(), fault_);
  STEELIE_CHECK_OK(keys.Write({header.id, simulation_, {std::move(wrapped)}}));
  locked_ = false;
  return opened;
}

}  // namespace steelie::control
