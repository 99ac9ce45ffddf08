#include "ledger/sqlite/database.h"

#include <algorithm>
#include <array>

namespace steelie::ledger::sqlite {
namespace {

constexpr std::uint64_t kSchemaVersion = 1;
// In the order of their names, as the check reads them.
constexpr std::array<const char*, 3> kTables = {
    "CREATE TABLE entries(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
    "CREATE TABLE ledger(id INTEGER PRIMARY KEY, store BLOB NOT NULL, header BLOB)",
    "CREATE TABLE snapshots(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"};

constexpr const char* kRestore = "Restore a backup into a new folder with `steelie-coordinator restore`";

Error Damaged(std::string message) { return Error(Code::kDataLoss, "ledger.corrupt", std::move(message)); }

Status Configure(Connection& db) {
  // Exclusive before the first access: the index of the write-ahead log then lives in memory, not in a shared file.
  for (const char* sql :
       {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
        "PRAGMA secure_delete=ON", "PRAGMA temp_store=MEMORY", "PRAGMA mmap_size=0", "PRAGMA cache_size=-1024"}) {
    STEELIE_CHECK_OK(db.Exec(sql));
  }
  for (const int option : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE}) {
    sqlite3_db_config(db.native(), option, 1, nullptr);
  }
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW}) {
    sqlite3_db_config(db.native(), option, 0, nullptr);
  }
  return Ok();
}

// Waits for nothing: only now the file is read, locked and recovered.
Result<bool> CheckVersion(Connection& db) {
  STEELIE_TRY(const std::uint64_t version, db.QueryU64("PRAGMA user_version"));
  STEELIE_TRY(const std::uint64_t tables, db.QueryU64("SELECT count(*) FROM sqlite_schema"));
  if (version > kSchemaVersion) {
    return Error(Code::kFailedPrecondition, "ledger.version",
                 "ledger.db was written by a newer version (schema " + std::to_string(version) +
                     ", this program knows " + std::to_string(kSchemaVersion) + "): start a newer program");
  }
  if (version == 0 && tables == 0) return false;
  if (version != kSchemaVersion) return Damaged("ledger.db has an unknown schema");
  return true;
}

Status SwitchToLog(Connection& db) {
  const Result<std::string> mode = db.QueryText("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  const Result<std::string> now = db.QueryText("PRAGMA journal_mode");
  if (!now) return now.error();
  if (*mode != "wal" || *now != "wal") {
    return Error(Code::kUnavailable, "ledger.unreadable", "the file system does not allow a write-ahead log");
  }
  for (const char* sql :
       {"PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0", "PRAGMA journal_size_limit=4194304"}) {
    STEELIE_CHECK_OK(db.Exec(sql));
  }
  // The log's name stays when the database is closed: SQLite does not report when making a new name durable fails.
  int persist = 1;
  sqlite3_file_control(db.native(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  return Ok();
}

Status CreateSchema(Connection& db) {
  STEELIE_CHECK_OK(db.Exec("BEGIN IMMEDIATE"));
  for (const char* sql : kTables) STEELIE_CHECK_OK(db.Exec(sql));
  STEELIE_CHECK_OK(db.Exec("INSERT INTO ledger VALUES(1, randomblob(16), NULL)"));
  STEELIE_CHECK_OK(db.Exec("PRAGMA user_version=" + std::to_string(kSchemaVersion)));
  return db.Exec("COMMIT");
}

// Exactly our tables and nothing that would run by itself: the file may be anybody's.
Status CheckSchema(Connection& db) {
  STEELIE_TRY(Statement schema, db.Prepare("SELECT sql FROM sqlite_schema ORDER BY name"));
  for (const char* table : kTables) {
    STEELIE_TRY(const bool row, schema.Step());
    if (!row || !PublicEqual(schema.Text(0), AsBytes(table))) return Damaged("ledger.db has an unknown schema");
  }
  STEELIE_TRY(const bool more, schema.Step());
  if (more) return Damaged("ledger.db has an unknown schema");
  return Ok();
}

// Damaged links between pages could otherwise let a later write go over living ones.
Status CheckPages(Connection& db) {
  const Result<std::string> verdict = db.QueryText("PRAGMA quick_check(1)");
  if (!verdict) return verdict.error();
  if (*verdict == "ok") return Ok();
  return Damaged("ledger.db is damaged: " + verdict->substr(0, 200) + ". " + kRestore);
}

Status ReadState(Database& database) {
  STEELIE_TRY(Statement row, database.connection->Prepare("SELECT store, header FROM ledger WHERE id = 1"));
  STEELIE_TRY(const bool found, row.Step());
  if (!found || row.Blob(0).size() != database.id.size()) {
    return Damaged(std::string("ledger.db has lost its identity. ") + kRestore);
  }
  std::copy_n(row.Blob(0).begin(), database.id.size(), database.id.begin());
  database.has_header = !row.IsNull(1);
  STEELIE_TRY(database.last_sequence, database.connection->QueryU64(kLastSequenceSql));
  return Ok();
}

}  // namespace

const char* const kLastSequenceSql =
    "SELECT max(ifnull((SELECT max(sequence) FROM entries), 0), ifnull((SELECT max(sequence) FROM snapshots), 0))";

Status CheckTail(const Database& database, const TailFile& tail) {
  if (!database.has_header && (database.last_sequence != 0 || tail.exists())) {
    return Damaged(std::string("ledger.db holds no ledger, but its tail record shows that there was one. ") + kRestore);
  }
  if (!tail.newest()) return Ok();
  if (tail.newest()->store != database.id) {
    return Damaged(
        "the tail record belongs to another database than ledger.db. If ledger.db is a restored backup, remove tail; "
        "otherwise put the ledger.db back that belongs to it");
  }
  if (tail.newest()->sequence > database.last_sequence) {
    return Damaged("the log is shorter than its tail record says: it ends at entry " +
                   std::to_string(database.last_sequence) + ", but entry " + std::to_string(tail.newest()->sequence) +
                   " was written. " + kRestore);
  }
  return Ok();
}

Status TruncateLog(Connection& connection) {
  const int code = sqlite3_wal_checkpoint_v2(connection.native(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return Ok();
  return connection.LastError(code, "moving the write-ahead log into the database");
}

Result<Database> OpenDatabase(const std::string& directory, const std::string& vfs, const TailFile& tail) {
  const std::string path = directory + "/ledger.db";
  const std::string log = path + "-wal";
  STEELIE_TRY(const std::uint64_t size, FileSize(path));
  STEELIE_TRY(const std::uint64_t log_size, FileSize(log));
  // SQLite would delete the log of an empty database without a word.
  if (size == 0 && (log_size != 0 || tail.exists())) {
    return Damaged(std::string("ledger.db is missing or empty, but other files show that there was a ledger. ") +
                   kRestore);
  }
  STEELIE_CHECK_OK(EnsureFile(path));
  if (log_size != 0) STEELIE_CHECK_OK(Rewrite(directory, log, directory + "/ledger.tmp"));

  Database database;
  STEELIE_TRY(database.connection, Connection::Open(path, vfs));
  Connection& db = *database.connection;
  STEELIE_CHECK_OK(Configure(db));
  STEELIE_TRY(const bool created, CheckVersion(db));
  if (!created && tail.exists()) {
    return Damaged(std::string("ledger.db is empty, but its tail record shows that there was a ledger. ") + kRestore);
  }
  STEELIE_CHECK_OK(SwitchToLog(db));
  if (!created) STEELIE_CHECK_OK(CreateSchema(db));
  STEELIE_CHECK_OK(CheckSchema(db));
  STEELIE_CHECK_OK(CheckPages(db));
  STEELIE_CHECK_OK(ReadState(database));
  STEELIE_CHECK_OK(CheckTail(database, tail));
  // From here on the contents are what they should be, and the log may be emptied, also when closing.
  sqlite3_db_config(db.native(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (!created || log_size != 0) STEELIE_CHECK_OK(TruncateLog(db));
  STEELIE_CHECK_OK(SyncDirectory(directory));
  return database;
}

Result<Database> OpenDatabaseReadOnly(const std::string& path) {
  STEELIE_TRY(const std::uint64_t size, FileSize(path));
  if (size == 0) return Damaged(path + " is missing or empty");
  Database database;
  STEELIE_TRY(database.connection, Connection::OpenImmutable(path));
  Connection& db = *database.connection;
  STEELIE_CHECK_OK(Configure(db));
  STEELIE_TRY(const bool created, CheckVersion(db));
  if (!created) return Damaged("ledger.db is empty");
  STEELIE_CHECK_OK(CheckSchema(db));
  STEELIE_CHECK_OK(CheckPages(db));
  STEELIE_CHECK_OK(ReadState(database));
  return database;
}

}  // namespace steelie::ledger::sqlite
