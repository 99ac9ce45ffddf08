#include "ledger/sqlite/live_copy.h"

#include <utility>

namespace steelie::ledger::sqlite {

Result<std::unique_ptr<LiveCopy>> LiveCopy::Begin(Connection& source, const std::string& path) {
  STEELIE_TRY(std::unique_ptr<Connection> target, Connection::Open(path, ""));
  // A copy that does not come to its end is thrown away, so nothing has to be undone, and it is synced as a whole.
  for (const char* sql : {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-1024"}) {
    STEELIE_CHECK_OK(target->Exec(sql));
  }
  std::unique_ptr<LiveCopy> copy(new LiveCopy(std::move(target)));
  copy->backup_ = sqlite3_backup_init(copy->target_->native(), "main", source.native(), "main");
  if (copy->backup_ == nullptr) {
    return copy->target_->LastError(sqlite3_errcode(copy->target_->native()), "beginning a copy");
  }
  return copy;
}

Result<bool> LiveCopy::Step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  total_ = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_));
  done_ = total_ - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_));
  if (code == SQLITE_DONE) return false;
  if (code == SQLITE_OK) return true;
  return MapError(code, 0, "copying the database");
}

Status LiveCopy::End() {
  sqlite3_backup* backup = std::exchange(backup_, nullptr);
  if (backup == nullptr) return Ok();
  const int code = sqlite3_backup_finish(backup);
  target_.reset();
  if (code == SQLITE_OK) return Ok();
  return MapError(code, 0, "copying the database");
}

}  // namespace steelie::ledger::sqlite
