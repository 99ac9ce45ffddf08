#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ledger/store.h"

namespace steelie::ledger {

/// A store in a seal directory of the local file system: `ledger.db` (SQLite) and its write-ahead log, the tail record
/// `tail`, and `lock`. One write is one transaction and one sync. docs/formats/ledger.md describes files and damage.
///
/// Thread-safe; operations are serialised, a long read lets writes in between. Hostile: every byte of the directory.
class SqliteStore final : public Store {
 public:
  /// A folder with a file of this name is a backup (backup/manifest.h), which must not become a seal directory: it
  /// would no longer be the backup that it was.
  static constexpr const char* kBackupMark = "backup";
  /// A folder with a file of this name was not restored completely.
  static constexpr const char* kRestoringMark = "restoring";

  struct Options {
    /// Receives what is wrong but does not stop anything, such as a torn tail record. One call per event.
    std::function<void(std::string_view)> warn;
    /// Pages of 4 KiB in the write-ahead log after which it is moved into the database.
    int log_pages = 1000;
    /// Name of a registered sqlite3_vfs, empty for the system's. For fault injection.
    std::string vfs;
    /// For fault injection in what Replace does with files; ledger/sqlite/replacement.h.
    std::function<int(std::string_view)> fault = {};
  };

  /// Opens or creates the store; creates the directory (mode 0700) if it is missing. What an interrupted Replace left
  /// is brought in order first. Opening what was never written to leaves a store without header behind, which counts as
  /// never written.
  ///
  /// Errors: kFailedPrecondition `ledger.locked` another process uses the directory; `ledger.is_backup`,
  /// `ledger.restoring` see above; `ledger.version` written by a newer version; kDataLoss `ledger.corrupt` damaged, or
  /// shorter than its tail record says; kUnavailable `ledger.unreadable` no access, or the directory cannot be written
  /// to; kResourceExhausted `ledger.full`; kDataLoss `ledger.io`. Nothing of the ledger was changed then.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& directory, Options options);
  ~SqliteStore() override;

  /// Makes room for a new ledger in a directory that nobody uses: moves the one that is there, whole, into `target`, a
  /// new folder in it, and opens an empty store. `others` are names of further files to go with the old one. Until the
  /// first write to the new store is durable, the next Open brings all of the old one back, whatever happened to this
  /// process; `target` can be opened as a directory of its own afterwards.
  /// Errors as Open; kUnavailable `ledger.unreadable` if `target` exists.
  static Result<std::unique_ptr<SqliteStore>> Replace(const std::string& directory, const std::string& target,
                                                      std::span<const std::string> others, Options options);

  Result<std::optional<Bytes>> ReadHeader() override;
  Result<std::uint64_t> LastSequence() override;
  Result<std::optional<StoredSnapshot>> NewestSnapshot() override;
  Status ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) override;
  Status Write(std::uint64_t expected_last, const WriteBatch& batch) override;

  /// Called now and then with how much of the copy is done, without any lock; an error ends the copy.
  using Progress = std::function<Status(std::uint64_t pages, std::uint64_t of)>;

  /// Writes a consistent copy of the database to `path`, where no file may be, durably, while writes go on: they wait
  /// for a piece of it at most. It holds everything that was written before the call, and may hold later writes. After
  /// an error nothing is left at `path`. One copy at a time.
  /// Errors: those of Write, kUnavailable `ledger.unreadable`, those of `progress`.
  Status Backup(const std::string& path, const Progress& progress = {});

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<SqliteStore>> OpenLocked(std::unique_ptr<Impl> impl);
  Status CopyPieces(const std::string& path, const Progress& progress);

  std::unique_ptr<Impl> impl_;
};

}  // namespace steelie::ledger
