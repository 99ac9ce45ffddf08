#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"

namespace steelie::backup {

/// What a running Coordinator gives for a backup, beside the database.
struct LedgerCopy {
  Bytes key_file;    // empty if there is none that fits
  std::string note;  // for the operator; may be empty
};

/// Answers `steelie-coordinator backup` on the socket in the seal directory, one request at a time, on a thread of its
/// own. The copy is made in the seal directory under a name that is deleted at once, and sent; the Coordinator is never
/// told where to write.
///
/// Hostile: what peers send. Only processes of the same user, and root, are answered.
class BackupServer {
 public:
  using Progress = std::function<Status(std::uint64_t done, std::uint64_t of)>;
  /// Writes a consistent copy of the ledger to a new file. Errors go to the peer with reason and message.
  using Make = std::function<Result<LedgerCopy>(const std::string& path, const Progress& progress)>;

  /// `directory` is locked by this process. Errors: kUnavailable `backup.socket`.
  static Result<std::unique_ptr<BackupServer>> Open(const std::string& directory, Make make, Logger& logger);
  /// Ends a backup that is under way.
  ~BackupServer();
  BackupServer(const BackupServer&) = delete;
  BackupServer& operator=(const BackupServer&) = delete;

 private:
  BackupServer(std::string directory, Make make, Logger& logger, Fd listener, Fd wake);

  void Run();
  void Serve(const Fd& connection);
  void SetCurrent(int descriptor);
  Status Answer(const Fd& connection);
  Status SendLedger(const Fd& connection, const Fd& file) const;
  Status CheckRoom() const;

  std::string directory_;
  Make make_;
  Logger& logger_;
  Fd listener_;
  Fd wake_;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  int current_ STEELIE_GUARDED_BY(mutex_) = -1;  // descriptor of the connection that is being served
  std::thread thread_;
};

}  // namespace steelie::backup
