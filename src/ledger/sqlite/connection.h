#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

// Ownership of SQLite objects, typed binding and the mapping of its errors. One thread at a time.
namespace steelie::ledger::sqlite {

/// What an SQLite result code means to a ledger: kResourceExhausted `ledger.full`, kDataLoss `ledger.corrupt` or
/// `ledger.io`, kUnavailable `ledger.unreadable`, kFailedPrecondition `ledger.locked`.
Error MapError(int code, int system_error, const std::string& what);

class Connection;

/// A prepared statement, used again and again. Blobs bound must live until Reset; blobs read until the next Step.
class Statement {
 public:
  Statement() = default;

  void Bind(int index, std::uint64_t value);
  void Bind(int index, ByteView blob);
  void Bind(int index, const std::string& text);
  /// True if there is a row. Failures leave the statement reset.
  Result<bool> Step();
  /// Steps to the end, ignoring rows, and resets.
  Status Run();
  void Reset();

  bool IsNull(int column) const;
  /// As stored; a negative number is not one of ours and becomes 0.
  std::uint64_t U64(int column) const;
  /// Empty if the column is not a blob.
  ByteView Blob(int column) const;
  ByteView Text(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  Connection* connection_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection to one database. Does not move, since statements point to it.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, const std::string& vfs);
  /// For reading a file that nobody changes meanwhile: takes no lock, creates no file, and does not look at a
  /// write-ahead log.
  static Result<std::unique_ptr<Connection>> OpenImmutable(const std::string& path);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  Status Exec(const std::string& sql);
  Result<Statement> Prepare(const std::string& sql);
  /// The first column of the first row of a query, as number or as text. The statement is run to its end.
  Result<std::uint64_t> QueryU64(const std::string& sql);
  Result<std::string> QueryText(const std::string& sql);

  sqlite3* native() const { return db_; }
  /// The error of the operation that just failed.
  Error LastError(int code, const std::string& what) const;

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  sqlite3* db_;
};

}  // namespace steelie::ledger::sqlite
