#include "ledger/sqlite/sqlite_store.h"

#include <poll.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "base/mutex.h"
#include "ledger/sqlite/database.h"
#include "ledger/sqlite/live_copy.h"
#include "ledger/sqlite/replacement.h"

namespace steelie::ledger {

using sqlite::Connection;
using sqlite::Statement;

namespace {

// How much a read takes out in one go while it holds the lock.
constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
constexpr std::size_t kReadRows = 512;

// Half a mebibyte while writers wait, which takes about as long as one of their commits.
constexpr int kCopyPages = 128;
constexpr int kCopyPauseMilliseconds = 1;

Status RefuseMark(const std::string& directory, const std::string& mark, const char* reason, const std::string& why) {
  const std::string path = directory + "/" + mark;
  if (::access(path.c_str(), F_OK) != 0) return Ok();
  return Error(Code::kFailedPrecondition, reason, path + " exists: " + why);
}

int CountLogPages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

struct SqliteStore::Impl {
  std::string directory;
  Options options;
  Fd lock;  // released last
  sqlite::Replacement replacement;
  bool replacing = false;  // an old ledger lies aside until the new one is durable
  std::optional<sqlite::TailFile> tail;
  sqlite::Database database;

  Mutex mutex;  // serialises everything below
  std::optional<Error> broken;
  int log_pages = 0;
  Statement begin, commit, rollback, last, header, newest, entries, set_header, add_entry, add_snapshot, drop_entries,
      drop_snapshots;

  Impl(std::string d, Options o, Fd l)
      : directory(std::move(d)), options(std::move(o)), lock(std::move(l)), replacement(directory, options.fault) {}

  ~Impl() {
    if (!database.connection) return;
    if (database.has_header) (void)tail->Sync();
    if (broken && broken->reason() == "ledger.corrupt") {
      sqlite3_db_config(db().native(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
  }

  Connection& db() { return *database.connection; }

  void Warn(const std::string& message) const {
    if (options.warn) options.warn(message);
  }

  Status PrepareAll() {
    const auto prepare = [this](Statement& statement, const char* sql) -> Status {
      STEELIE_TRY(statement, db().Prepare(sql));
      return Ok();
    };
    STEELIE_CHECK_OK(prepare(begin, "BEGIN IMMEDIATE"));
    STEELIE_CHECK_OK(prepare(commit, "COMMIT"));
    STEELIE_CHECK_OK(prepare(rollback, "ROLLBACK"));
    STEELIE_CHECK_OK(prepare(last, sqlite::kLastSequenceSql));
    STEELIE_CHECK_OK(prepare(header, "SELECT header FROM ledger WHERE id = 1"));
    STEELIE_CHECK_OK(prepare(newest, "SELECT sequence, bytes FROM snapshots ORDER BY sequence DESC LIMIT 1"));
    STEELIE_CHECK_OK(prepare(entries, "SELECT sequence, bytes FROM entries WHERE sequence >= ?1 ORDER BY sequence"));
    STEELIE_CHECK_OK(prepare(set_header, "UPDATE ledger SET header = ?1 WHERE id = 1"));
    STEELIE_CHECK_OK(prepare(add_entry, "INSERT INTO entries(sequence, bytes) VALUES(?1, ?2)"));
    STEELIE_CHECK_OK(prepare(add_snapshot, "INSERT OR REPLACE INTO snapshots(sequence, bytes) VALUES(?1, ?2)"));
    STEELIE_CHECK_OK(prepare(drop_entries, "DELETE FROM entries WHERE sequence < ?1"));
    STEELIE_CHECK_OK(prepare(drop_snapshots, "DELETE FROM snapshots WHERE sequence < ?1"));
    sqlite3_wal_hook(db().native(), CountLogPages, &log_pages);
    return Ok();
  }

  Result<std::uint64_t> Last() {
    STEELIE_TRY(const bool row, last.Step());
    const std::uint64_t value = row ? last.U64(0) : 0;
    last.Reset();
    return value;
  }

  Status Put(Statement& statement, std::uint64_t sequence, ByteView bytes) {
    statement.Bind(1, sequence);
    statement.Bind(2, bytes);
    return statement.Run();
  }

  Status Drop(Statement& statement, std::uint64_t below) {
    if (below == 0) return Ok();
    statement.Bind(1, below);
    return statement.Run();
  }

  // The transaction's contents, up to the commit.
  Result<std::uint64_t> Transact(std::uint64_t expected_last, const WriteBatch& batch) {
    STEELIE_CHECK_OK(begin.Run());
    STEELIE_TRY(const std::uint64_t present, Last());
    if (present != expected_last) {
      return Error(Code::kAborted, "ledger.conflict",
                   "the last entry is " + std::to_string(present) + ", not " + std::to_string(expected_last));
    }
    STEELIE_CHECK_OK(CheckBatch(present, batch));
    if (batch.header) {
      set_header.Bind(1, ByteView(*batch.header));
      STEELIE_CHECK_OK(set_header.Run());
    }
    for (const StoredEntry& entry : batch.entries) STEELIE_CHECK_OK(Put(add_entry, entry.sequence, entry.bytes));
    if (batch.snapshot) STEELIE_CHECK_OK(Put(add_snapshot, batch.snapshot->sequence, batch.snapshot->bytes));
    STEELIE_CHECK_OK(Drop(drop_entries, batch.drop_entries_below));
    STEELIE_CHECK_OK(Drop(drop_snapshots, batch.drop_snapshots_below));
    STEELIE_CHECK_OK(commit.Run());
    return present + batch.entries.size();
  }

  // Undoes what a failed write began, and decides whether the store may still be trusted.
  Error Abort(Error error) {
    bool undone = true;
    if (sqlite3_get_autocommit(db().native()) == 0) undone = rollback.Run().has_value();
    const bool harmless = error.code() == Code::kAborted || error.code() == Code::kResourceExhausted ||
                          error.code() == Code::kInvalidArgument;
    if (!undone || !harmless) Break(error);
    return error;
  }

  void Break(const Error& error) {
    const std::string reason = error.code() == Code::kDataLoss ? error.reason() : "ledger.io";
    broken = Error(Code::kDataLoss, reason,
                   "no more writes until the store is opened again, after a failure: " + error.message());
  }

  // The database file was deleted or replaced under our feet: what we write would go nowhere.
  bool Moved() {
    int moved = 0;
    return sqlite3_file_control(db().native(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
  }

  void WriteTail(std::uint64_t sequence) {
    if (const Status status = tail->Write({database.id, sequence}); !status) {
      Warn("the tail record could not be written: " + status.error().message());
    }
  }

  // If it fails, the next Open sees for itself that the new ledger is there.
  void EndReplacement() {
    replacing = false;
    if (const Status done = replacement.Finish(); !done) Warn(done.error().message());
  }

  // Moves the log into the database where it is due. The write before it is durable whatever happens here.
  void Maintain(bool now) {
    if (!now && log_pages < options.log_pages) return;
    Status status = Ok();
    if (now) {
      status = sqlite::TruncateLog(db());
    } else {
      const int code = sqlite3_wal_checkpoint_v2(db().native(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      if (code != SQLITE_OK) status = db().LastError(code, "moving the write-ahead log into the database");
    }
    if (status) {
      log_pages = 0;
      if (Status synced = tail->Sync(); !synced) Warn("the tail record: " + synced.error().message());
      return;
    }
    Warn(status.error().message());
    if (status.error().code() != Code::kResourceExhausted) Break(status.error());
  }
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& directory, Options options) {
  STEELIE_CHECK_OK(sqlite::CreateDirectory(directory));
  STEELIE_CHECK_OK(RefuseMark(directory, kBackupMark, "ledger.is_backup",
                              "this folder is a backup. Restore it into another one with `steelie-coordinator "
                              "restore`"));
  STEELIE_TRY(Fd lock, sqlite::LockFile(directory + "/lock"));
  STEELIE_CHECK_OK(RefuseMark(directory, kRestoringMark, "ledger.restoring",
                              "a backup was not restored completely. Restore it again into this folder"));
  auto impl = std::make_unique<Impl>(directory, std::move(options), std::move(lock));
  if (!impl->lock.ok()) impl->Warn("the file system of " + directory + " has no locks: only SQLite's guard it");
  STEELIE_TRY(const std::string done, impl->replacement.Resume(impl->options.vfs));
  if (!done.empty()) impl->Warn(done);
  return OpenLocked(std::move(impl));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenLocked(std::unique_ptr<Impl> impl) {
  STEELIE_TRY(impl->tail, sqlite::TailFile::Open(impl->directory));
  STEELIE_TRY(impl->database, sqlite::OpenDatabase(impl->directory, impl->options.vfs, *impl->tail));
  STEELIE_CHECK_OK(impl->PrepareAll());
  if (impl->database.has_header) {
    if (!impl->tail->newest()) {
      impl->Warn("the tail record of " + impl->directory +
                 " is missing or torn: whether the log's end is there is unchecked");
    }
    impl->WriteTail(impl->database.last_sequence);
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::Replace(const std::string& directory, const std::string& target,
                                                          std::span<const std::string> others, Options options) {
  STEELIE_TRY(const std::unique_ptr<SqliteStore> old, Open(directory, options));
  // All of it is in ledger.db, so that one rename moves it.
  STEELIE_CHECK_OK(sqlite::TruncateLog(old->impl_->db()));
  auto impl = std::make_unique<Impl>(directory, std::move(options), std::move(old->impl_->lock));
  old->impl_.reset();
  STEELIE_CHECK_OK(impl->replacement.Begin(target, others));
  impl->replacing = true;
  return OpenLocked(std::move(impl));
}

Status SqliteStore::CopyPieces(const std::string& path, const Progress& progress) {
  std::unique_ptr<sqlite::LiveCopy> copy;
  const auto piece = [&]() -> Result<bool> {
    MutexLock lock(impl_->mutex);
    if (impl_->broken) return *impl_->broken;
    if (!copy) {
      STEELIE_TRY(copy, sqlite::LiveCopy::Begin(impl_->db(), path));
    }
    return copy->Step(kCopyPages);
  };
  // It reads the source, also in ending.
  const auto end = [&] {
    MutexLock lock(impl_->mutex);
    return copy ? copy->End() : Ok();
  };
  for (;;) {
    const Result<bool> more = piece();
    Status status = more ? Ok() : Status(more.error());
    if (status && *more) status = sqlite::SyncFile(path);
    if (status && progress) status = progress(copy->done(), copy->total());
    if (!status || !*more) {
      const Status ended = end();
      return status ? ended : status;
    }
    // A lock that is let go of and taken again at once is hardly ever given to those who wait for it.
    (void)::poll(nullptr, 0, kCopyPauseMilliseconds);
  }
}

Status SqliteStore::Backup(const std::string& path, const Progress& progress) {
  if (::access(path.c_str(), F_OK) == 0) {
    return Error(Code::kUnavailable, "ledger.unreadable", path + " exists already");
  }
  STEELIE_CHECK_OK(sqlite::EnsureFile(path));
  Status status = CopyPieces(path, progress);
  if (status) status = sqlite::SyncFile(path);
  if (!status) {
    (void)sqlite::RemoveFile(path);
    return status;
  }
  const std::size_t slash = path.find_last_of('/');
  return sqlite::SyncDirectory(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

Result<std::optional<Bytes>> SqliteStore::ReadHeader() {
  MutexLock lock(impl_->mutex);
  std::optional<Bytes> bytes;
  STEELIE_TRY(const bool row, impl_->header.Step());
  if (row && !impl_->header.IsNull(0)) bytes = ToBytes(impl_->header.Blob(0));
  impl_->header.Reset();
  return bytes;
}

Result<std::uint64_t> SqliteStore::LastSequence() {
  MutexLock lock(impl_->mutex);
  return impl_->Last();
}

Result<std::optional<StoredSnapshot>> SqliteStore::NewestSnapshot() {
  MutexLock lock(impl_->mutex);
  std::optional<StoredSnapshot> snapshot;
  STEELIE_TRY(const bool row, impl_->newest.Step());
  if (row) snapshot = StoredSnapshot{impl_->newest.U64(0), ToBytes(impl_->newest.Blob(1))};
  impl_->newest.Reset();
  return snapshot;
}

Status SqliteStore::ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) {
  std::vector<StoredEntry> batch;
  for (bool first = true;;) {
    batch.clear();
    {
      MutexLock lock(impl_->mutex);
      Statement& entries = impl_->entries;
      entries.Bind(1, from);
      for (std::size_t bytes = 0; bytes < kReadBytes && batch.size() < kReadRows; bytes += batch.back().bytes.size()) {
        STEELIE_TRY(const bool row, entries.Step());
        if (!row) break;
        batch.push_back({entries.U64(0), ToBytes(entries.Blob(1))});
      }
      entries.Reset();
    }
    if (batch.empty()) return Ok();
    for (const StoredEntry& entry : batch) {
      if (!first && entry.sequence != from) {
        return Error(Code::kDataLoss, "ledger.corrupt", "entry " + std::to_string(from) + " is missing");
      }
      first = false;
      STEELIE_CHECK_OK(visit(entry));
      from = entry.sequence + 1;
    }
  }
}

Status SqliteStore::Write(std::uint64_t expected_last, const WriteBatch& batch) {
  MutexLock lock(impl_->mutex);
  if (impl_->broken) return *impl_->broken;
  if (impl_->Moved()) {
    return impl_->Abort(
        Error(Code::kDataLoss, "ledger.io", "ledger.db was moved or deleted while in use in " + impl_->directory));
  }
  const auto written = impl_->Transact(expected_last, batch);
  if (!written) return impl_->Abort(written.error());
  if (batch.header) impl_->database.has_header = true;
  impl_->WriteTail(*written);
  if (impl_->replacing) impl_->EndReplacement();
  // With a header comes a new ledger, whose existence should not depend on the log, or a new key epoch, after which
  // nothing of the old one may stay in the log.
  impl_->Maintain(batch.header.has_value());
  return Ok();
}

}  // namespace steelie::ledger
