#include "ledger/sqlite/read_only_store.h"

namespace steelie::ledger {

using sqlite::Statement;

Result<std::unique_ptr<ReadOnlyStore>> ReadOnlyStore::Open(const std::string& path) {
  STEELIE_TRY(sqlite::Database database, sqlite::OpenDatabaseReadOnly(path));
  return std::unique_ptr<ReadOnlyStore>(new ReadOnlyStore(std::move(database)));
}

Result<std::optional<Bytes>> ReadOnlyStore::ReadHeader() {
  STEELIE_TRY(Statement header, database_.connection->Prepare("SELECT header FROM ledger WHERE id = 1"));
  STEELIE_TRY(const bool row, header.Step());
  std::optional<Bytes> bytes;
  if (row && !header.IsNull(0)) bytes = ToBytes(header.Blob(0));
  return bytes;
}

Result<std::optional<StoredSnapshot>> ReadOnlyStore::NewestSnapshot() {
  STEELIE_TRY(Statement newest,
              database_.connection->Prepare("SELECT sequence, bytes FROM snapshots ORDER BY sequence DESC LIMIT 1"));
  STEELIE_TRY(const bool row, newest.Step());
  if (!row) return std::optional<StoredSnapshot>();
  return std::optional(StoredSnapshot{newest.U64(0), ToBytes(newest.Blob(1))});
}

Status ReadOnlyStore::ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) {
  STEELIE_TRY(Statement entries, database_.connection->Prepare(
                                     "SELECT sequence, bytes FROM entries WHERE sequence >= ?1 ORDER BY sequence"));
  entries.Bind(1, from);
  for (bool first = true;; first = false) {
    STEELIE_TRY(const bool row, entries.Step());
    if (!row) return Ok();
    const StoredEntry entry{entries.U64(0), ToBytes(entries.Blob(1))};
    if (!first && entry.sequence != from) {
      return Error(Code::kDataLoss, "ledger.corrupt", "entry " + std::to_string(from) + " is missing");
    }
    STEELIE_CHECK_OK(visit(entry));
    from = entry.sequence + 1;
  }
}

Status ReadOnlyStore::Write(std::uint64_t, const WriteBatch&) {
  return Error(Code::kFailedPrecondition, "ledger.read_only", "the ledger was opened for reading only");
}

Result<std::uint64_t> ReadOnlyStore::CountSnapshots() {
  return database_.connection->QueryU64("SELECT count(*) FROM snapshots");
}

}  // namespace steelie::ledger
