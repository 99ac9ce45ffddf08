#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backup/key_state.h"
#include "backup/manifest.h"
#include "ledger/survey.h"
#include "seal/recovery.h"

namespace steelie::backup {

/// Something that is wrong.
struct Finding {
  std::string reason;
  std::string place;  // a file, `header`, `snapshot 7`, `entry 12`
  std::string message;
};

/// What can be said about a seal directory or a backup without any key.
struct Inspection {
  std::optional<BackupManifest> backup;  // set for a backup
  ledger::Survey survey;
  std::uint64_t snapshots = 0;
  std::uint64_t log_bytes = 0;  // of the write-ahead log
  std::string tail;             // `agrees`, `missing`, `torn`, or `differs`; empty for a backup
  KeyState key;
  std::optional<seal::RecoveryScheme> recovery;
  /// Files and folders that something unfinished left, or that an operator may want to look at.
  std::vector<std::string> leftovers;
  /// True but nothing wrong: what an operator should know.
  std::vector<std::string> notes;
  std::vector<Finding> findings;

  bool sound() const { return findings.empty(); }
};

/// Looks at a seal directory that no Coordinator uses, or at a backup (both hostile), and changes nothing in it. A
/// write-ahead log that is not empty is brought in order in a copy, in the folder for temporary files.
/// Errors, where nothing can be said at all: kNotFound `inspect.none` neither; kFailedPrecondition `inspect.running` a
/// Coordinator uses it; kUnavailable `backup.unreadable`, `backup.write`.
Result<Inspection> Inspect(const std::string& path);

}  // namespace steelie::backup
