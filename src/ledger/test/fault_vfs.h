#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace steelie::ledger::testing {

/// A virtual file system for SQLite over the real one that counts the operations which change files, lets one of them
/// fail, and knows what of each file would be there after a power cut. Not thread-safe. One instance at a time.
class FaultVfs {
 public:
  static constexpr const char* kName = "steelie-fault";

  enum class Mode {
    kNone,
    kIoError,    // the n-th operation fails once
    kFull,       // the n-th write fails once for lack of room
    kStaysFull,  // and so do all after it
    kPowerCut,   // nothing reaches the files from the n-th operation on
  };
  /// What of the writes that were not synced a power cut leaves.
  enum class Unsynced { kNothing, kAll, kAllButLast, kOnlyLast, kHalfOfLast, kZeros };
  static constexpr Unsynced kUnsynced[] = {Unsynced::kNothing,  Unsynced::kAll,        Unsynced::kAllButLast,
                                           Unsynced::kOnlyLast, Unsynced::kHalfOfLast, Unsynced::kZeros};

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// Counts from here; operation `n` (1 = the next) is the one hit.
  void Arm(Mode mode, int n);
  void Disarm() { Arm(Mode::kNone, 0); }
  /// Whether the operation armed for was reached.
  bool hit() const { return hit_; }

  /// Makes the files what a power cut leaves. Nobody may have them open.
  void CutPower(Unsynced unsynced);
  /// Forgets all files.
  void Forget() { files_.clear(); }

  // For the C interface.
  struct Change {
    std::size_t offset = 0;
    Bytes bytes;
    bool truncate = false;
  };
  struct FileState {
    Bytes durable;
    std::vector<Change> pending;
    unsigned long inode = 0;
  };
  /// SQLITE_OK, or the error that the present operation fails with.
  int Before(int io_error, bool may_be_full);
  FileState& StateOf(const std::string& path) { return files_[path]; }
  void Opened(const std::string& path);
  void Deleted(const std::string& path) { files_.erase(path); }
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_;
  Mode mode_ = Mode::kNone;
  int until_ = 0;
  bool hit_ = false;
  std::map<std::string, FileState> files_;
};

}  // namespace steelie::ledger::testing
