#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "control/state.h"
#include "ledger/ledger.h"
#include "ledger/sqlite/sqlite_store.h"
#include "manifest/model.h"
#include "platform/platform.h"
#include "seal/collected.h"
#include "seal/key_file.h"
#include "seal/replaced_file.h"

namespace steelie::control {

/// What a start finds in the seal directory.
struct Opened {
  /// The ledger and the state it holds, if its key could be had.
  std::unique_ptr<ledger::Ledger> ledger;
  std::optional<State> state;
  /// Set if there is a ledger whose key cannot be had here: why, for the log. Recovery is needed then.
  std::optional<Error> locked;
};

/// Keeps the ledger and its key together: where they are, how the platform protects the key, and that a fresh ledger
/// never takes the place of an old one.
///
/// Thread-safe: recovery reads the header while the writer may be replacing the ledger.
class Vault {
 public:
  /// For fault injection: asked before every change of the directory outside the database; an errno lets it fail.
  using Fault = std::function<int(std::string_view operation)>;

  Vault(std::filesystem::path directory, const platform::Platform& platform, bool simulation, Random& random,
        const Clock& clock, Logger& logger, Fault fault = {});

  /// Errors, all of which must end the start (nothing was changed): those of the store; kDataLoss `ledger.corrupt`;
  /// kFailedPrecondition `vault.mode` the ledger was made in simulation mode and this is not, or the reverse.
  Result<Opened> Open();

  /// Makes the ledger that begins with `events`, sealed under `key`, whose recovery `scheme` describes
  /// (seal/recovery.h). A locked old one is first kept as a named backup beside it, and is back in its place after an
  /// error or if the process ends before the new one is durable; not while a backup of the old one is being made
  /// (kUnavailable `vault.backup`). With SealMode Disabled the ledger lives in memory only
  /// and an old one stays where it is.
  Result<std::unique_ptr<ledger::Ledger>> Create(manifest::SealMode mode, const ledger::LedgerKey& key, Bytes scheme,
                                                 std::span<const SecretBuffer> events);

  /// Begins a new key epoch: everything sealed under the old key is replaced by `snapshot` under the new one.
  Result<ledger::Tail> ChangeKey(manifest::SealMode mode, ledger::Ledger& ledger, const ledger::Tail& tail,
                                 const ledger::LedgerKey& key, Bytes scheme, ByteView snapshot);

  struct Copy {
    Bytes key_file;    // empty if there is none that opens the copy
    std::string note;  // why it is empty
  };
  /// Writes a consistent copy of the ledger on disk to `path`, locked or not, while it goes on being written to.
  /// Errors: kNotFound `backup.no_ledger` there is none on disk; those of SqliteStore::Backup.
  Result<Copy> Backup(const std::string& path, const ledger::SqliteStore::Progress& progress);

  /// The public header of the locked ledger. Errors: kFailedPrecondition `vault.not_locked`.
  Result<ledger::Header> LockedHeader();
  /// Opens the locked ledger with a recovered key and seals that key for this platform.
  /// Errors: kPermissionDenied `ledger.key` another key; those of Open.
  Result<Opened> Unlock(const ledger::LedgerKey& key);

  /// Recovery secrets that wait for others, and when the first and the newest of them came.
  struct Collected {
    std::vector<SecretBuffer> secrets;
    Instant first{};
    Instant latest{};
  };
  /// What an earlier process collected for the locked ledger as it is now; nothing if there is none. Errors: why there
  /// is some that does not count, for the log.
  Result<std::optional<Collected>> ReadCollected(Instant now);
  /// Keeps collected secrets over a restart, durably. Errors: those of the platform and of seal/replaced_file.h.
  Status WriteCollected(const Collected& collected);
  Status DropCollected();

 private:
  Result<std::shared_ptr<ledger::SqliteStore>> BeginCopy();
  Bytes ReadKeyFile() const;
  Status OpenStore() STEELIE_REQUIRES(mutex_);
  Result<Opened> OpenLedger() STEELIE_REQUIRES(mutex_);
  Result<ledger::LedgerKey> UnsealKey(const ledger::Header& header);
  void TidyKeyFile(const ledger::Header& header, const ledger::LedgerKey& key, manifest::SealMode mode);
  Result<Opened> Replay(ledger::LedgerKey key) STEELIE_REQUIRES(mutex_);
  Result<ledger::Header> ReadLockedHeader() STEELIE_REQUIRES(mutex_);
  Result<seal::CollectedBinding> Binding() STEELIE_REQUIRES(mutex_);
  seal::ReplacedFile CollectedShares() const;
  Result<seal::WrappedKey> WrapKey(manifest::SealMode mode, const ledger::Header& header, const ledger::LedgerKey& key);
  ledger::SqliteStore::Options StoreOptions();
  Status PutAside() STEELIE_REQUIRES(mutex_);
  void BringBack() STEELIE_REQUIRES(mutex_);
  Result<std::unique_ptr<ledger::Ledger>> CreateSealed(manifest::SealMode mode, const ledger::Header& header,
                                                       const ledger::LedgerKey& key,
                                                       std::span<const SecretBuffer> events) STEELIE_REQUIRES(mutex_);

  std::filesystem::path directory_;
  const platform::Platform& platform_;
  bool simulation_;
  Random& random_;
  const Clock& clock_;
  Logger& logger_;
  Fault fault_;
  Mutex mutex_;
  /// Null only if it could not be opened again after a failed backup.
  std::shared_ptr<ledger::SqliteStore> store_ STEELIE_GUARDED_BY(mutex_);
  bool locked_ STEELIE_GUARDED_BY(mutex_) = false;
  /// The ledger in force is not the one on disk, if there is one: SealMode Disabled.
  bool in_memory_ STEELIE_GUARDED_BY(mutex_) = false;
  /// A copy is being made, for which the store must stay open.
  bool copying_ STEELIE_GUARDED_BY(mutex_) = false;
};

}  // namespace steelie::control
