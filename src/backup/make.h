#pragma once

#include <string>

#include "backup/folder.h"
#include "base/fd.h"

namespace steelie::backup {

struct Made {
  BackupManifest manifest;
  bool live = false;  // a running Coordinator gave it
  std::string note;   // for the operator; may be empty
};

/// Makes the backup `out` of a seal directory: asks the Coordinator that runs on it, or, if none does, copies the files
/// aside and brings the copy in order. The seal directory itself is not changed. `out` must not exist; until it is
/// complete it is `out.tmp-` and six letters.
/// Errors: kAlreadyExists `backup.exists`; kNotFound `backup.no_ledger` there is none; kUnavailable `backup.socket` a
/// process has the directory but does not answer; kFailedPrecondition `backup.interrupted` a replacement or restore of
/// the ledger is unfinished; what the Coordinator answers, such as `backup.space`; those of FinishBackup.
Result<Made> MakeBackup(const std::string& directory, const std::string& out, const Maker& maker,
                        const Progress& progress);

/// Copies database, write-ahead log and tail record of a directory that nobody uses into a folder, and there moves the
/// log into the database and compares it with the tail record. Errors: those of opening a ledger.
Status CopyAside(const std::string& directory, const std::string& folder, const Progress& progress);

/// Locks a seal directory against Coordinators without creating anything in it. Errors: kFailedPrecondition
/// `ledger.locked` one runs.
Result<Fd> LockForReading(const std::string& directory);

}  // namespace steelie::backup
