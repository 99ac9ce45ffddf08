#pragma once

#include <memory>
#include <string>

#include "ledger/sqlite/connection.h"
#include "ledger/sqlite/tail_file.h"

namespace steelie::ledger::sqlite {

/// The opened database of a store and what its tables say at that moment.
struct Database {
  std::unique_ptr<Connection> connection;
  StoreId id{};
  bool has_header = false;
  std::uint64_t last_sequence = 0;
};

/// Opens or creates `ledger.db` in a directory whose lock the caller holds, brings back what a crash left in the
/// write-ahead log, and checks schema, page structure and length against the tail record before anything is changed.
/// Errors as SqliteStore::Open.
Result<Database> OpenDatabase(const std::string& directory, const std::string& vfs, const TailFile& tail);

/// Opens `ledger.db` for reading only and changes nothing, not even beside it: no lock, no log. Right only while nobody
/// writes and the write-ahead log is empty. Checks schema and page structure.
/// Errors: kDataLoss `ledger.corrupt`, kFailedPrecondition `ledger.version`, kUnavailable `ledger.unreadable`.
Result<Database> OpenDatabaseReadOnly(const std::string& path);

/// Whether the database is the one that the tail record speaks of, and as long. Errors: kDataLoss `ledger.corrupt`.
Status CheckTail(const Database& database, const TailFile& tail);

/// Moves the write-ahead log into the database and empties it, so that nothing deleted stays in it.
Status TruncateLog(Connection& connection);

/// SQL for the last sequence number.
extern const char* const kLastSequenceSql;

}  // namespace steelie::ledger::sqlite
