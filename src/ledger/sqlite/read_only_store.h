#pragma once

#include <memory>
#include <string>

#include "ledger/sqlite/database.h"
#include "ledger/store.h"

namespace steelie::ledger {

/// A ledger database that is looked at and never changed: a backup, or what a stopped Coordinator left. Right only
/// while nobody writes to it and its write-ahead log is empty.
///
/// One caller at a time. Hostile: every byte of the file.
class ReadOnlyStore final : public Store {
 public:
  /// Checks schema and page structure. Errors: kDataLoss `ledger.corrupt`, kFailedPrecondition `ledger.version`,
  /// kUnavailable `ledger.unreadable`.
  static Result<std::unique_ptr<ReadOnlyStore>> Open(const std::string& path);

  Result<std::optional<Bytes>> ReadHeader() override;
  Result<std::uint64_t> LastSequence() override { return database_.last_sequence; }
  Result<std::optional<StoredSnapshot>> NewestSnapshot() override;
  Status ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) override;
  /// kFailedPrecondition `ledger.read_only`.
  Status Write(std::uint64_t expected_last, const WriteBatch& batch) override;

  Result<std::uint64_t> CountSnapshots();
  const sqlite::Database& database() const { return database_; }

 private:
  explicit ReadOnlyStore(sqlite::Database database) : database_(std::move(database)) {}

  sqlite::Database database_;
};

}  // namespace steelie::ledger
