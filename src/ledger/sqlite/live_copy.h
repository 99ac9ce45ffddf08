#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ledger/sqlite/connection.h"

namespace steelie::ledger::sqlite {

/// Copies a database piece by piece while its connection goes on writing: SQLite carries what is written meanwhile
/// over to the pages that were copied already, so the end of it is a consistent copy as of the last piece.
///
/// One thread at a time, the one that has the source connection; also for the destructor.
class LiveCopy {
 public:
  /// `path` names an empty file. Errors: those of MapError.
  static Result<std::unique_ptr<LiveCopy>> Begin(Connection& source, const std::string& path);
  ~LiveCopy() { (void)End(); }
  LiveCopy(const LiveCopy&) = delete;
  LiveCopy& operator=(const LiveCopy&) = delete;

  /// Copies at most `pages` more. False when all are.
  Result<bool> Step(int pages);
  /// Closes the copy; needed in any case, and again does nothing. It is not synced.
  Status End();

  std::uint64_t done() const { return done_; }
  std::uint64_t total() const { return total_; }

 private:
  explicit LiveCopy(std::unique_ptr<Connection> target) : target_(std::move(target)) {}

  std::unique_ptr<Connection> target_;
  sqlite3_backup* backup_ = nullptr;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace steelie::ledger::sqlite
