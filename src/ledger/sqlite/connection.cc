#include "ledger/sqlite/connection.h"

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace steelie::ledger::sqlite {

Error MapError(int code, int system_error, const std::string& what) {
  std::string message = what + ": " + sqlite3_errstr(code);
  if (system_error != 0) message += std::string(" (") + std::strerror(system_error) + ")";
  // A write that was refused for lack of room changed nothing. A failed sync is another matter, whatever its cause.
  if (code == SQLITE_IOERR_WRITE && (system_error == ENOSPC || system_error == EDQUOT)) code = SQLITE_FULL;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Error(Code::kResourceExhausted, "ledger.full", message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:     // a schema that is not ours
    case SQLITE_MISMATCH:  // a row that is not ours
    case SQLITE_CONSTRAINT:
      return Error(Code::kDataLoss, "ledger.corrupt", message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(Code::kFailedPrecondition, "ledger.locked",
                   message + ": another process uses the database; stop it first");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return Error(Code::kUnavailable, "ledger.unreadable", message);
    default:
      return Error(Code::kDataLoss, "ledger.io", message);
  }
}

void Statement::Bind(int index, std::uint64_t value) {
  STEELIE_CHECK(sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value)) == SQLITE_OK);
}

void Statement::Bind(int index, ByteView blob) {
  // A null pointer would bind NULL.
  static const std::uint8_t kEmpty = 0;
  STEELIE_CHECK(sqlite3_bind_blob64(statement_.get(), index, blob.empty() ? &kEmpty : blob.data(), blob.size(),
                                    SQLITE_STATIC) == SQLITE_OK);
}

void Statement::Bind(int index, const std::string& text) {
  STEELIE_CHECK(sqlite3_bind_text64(statement_.get(), index, text.c_str(), text.size(), SQLITE_TRANSIENT,
                                    SQLITE_UTF8) == SQLITE_OK);
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = connection_->LastError(code, "SQLite");
  Reset();
  return error;
}

Status Statement::Run() {
  for (;;) {
    STEELIE_TRY(const bool row, Step());
    if (!row) break;
  }
  Reset();
  return Ok();
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::uint64_t Statement::U64(int column) const {
  const sqlite3_int64 value = sqlite3_column_int64(statement_.get(), column);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

ByteView Statement::Blob(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) return {};
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Statement::Text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, const std::string& vfs) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return connection->LastError(code, "opening " + path);
  sqlite3_extended_result_codes(db, 1);
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::OpenImmutable(const std::string& path) {
  // Every byte is escaped that could mean something in a URI; also slashes, as two at the beginning name a host.
  std::string uri = "file:";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  uri += "?mode=ro&immutable=1";
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(uri.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return connection->LastError(code, "opening " + path);
  sqlite3_extended_result_codes(db, 1);
  return connection;
}

Connection::~Connection() { sqlite3_close_v2(db_); }

Error Connection::LastError(int code, const std::string& what) const {
  if (db_ == nullptr) return MapError(code, 0, what);
  const int extended = sqlite3_extended_errcode(db_);
  const bool io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  return MapError((extended & 0xff) == (code & 0xff) ? extended : code, io ? sqlite3_system_errno(db_) : 0, what);
}

Status Connection::Exec(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return Ok();
  return LastError(code, "SQLite");
}

Result<Statement> Connection::Prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement;
  statement.connection_ = this;
  statement.statement_.reset(raw);
  if (code != SQLITE_OK) return LastError(code, "SQLite");
  return statement;
}

Result<std::uint64_t> Connection::QueryU64(const std::string& sql) {
  STEELIE_TRY(Statement statement, Prepare(sql));
  STEELIE_TRY(const bool row, statement.Step());
  const std::uint64_t value = row ? statement.U64(0) : 0;
  // What a statement changes is committed only when it ends, and only then it fails.
  STEELIE_CHECK_OK(statement.Run());
  return value;
}

Result<std::string> Connection::QueryText(const std::string& sql) {
  STEELIE_TRY(Statement statement, Prepare(sql));
  STEELIE_TRY(const bool row, statement.Step());
  std::string value = row ? ToText(statement.Text(0)) : std::string();
  STEELIE_CHECK_OK(statement.Run());
  return value;
}

}  // namespace steelie::ledger::sqlite
