#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "backup/folder.h"

namespace steelie::backup {

struct RestoreOptions {
  /// Leave the wrapped key out: for another machine, which needs recovery anyway.
  bool without_sealed_key = false;
  Progress progress = {};
  /// Asked before every step that changes the folder; true ends there, as a crash would. For tests.
  std::function<bool(std::string_view step)> fault = {};
};

struct Restored {
  BackupManifest manifest;
  bool with_key = false;
};

/// Makes a seal directory of a backup, in a folder that is new or empty. The whole backup is verified before anything
/// is written. While it is under way, and after an error or a crash in it, the file `restoring` keeps every Coordinator
/// from the folder; the same call may be made again then.
/// Errors: those of VerifyBackup; kFailedPrecondition `restore.not_empty` the folder holds something; `ledger.locked`
/// it is in use; kUnavailable `backup.write`.
Result<Restored> Restore(const std::string& backup, const std::string& directory, const RestoreOptions& options);

}  // namespace steelie::backup
