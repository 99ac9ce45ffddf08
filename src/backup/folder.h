#pragma once

#include <optional>
#include <string>

#include "backup/files.h"
#include "backup/key_state.h"
#include "backup/manifest.h"
#include "ledger/survey.h"

namespace steelie::backup {

/// What stands in the manifest of a backup that is being made.
struct Maker {
  std::uint64_t now = 0;  // Unix seconds
  std::string program_version;
};

/// Makes the backup `out` of a folder beside it that holds `ledger.db` and perhaps `sealed_key`: looks whether the
/// ledger is sound, writes the manifest, makes all durable, and renames. Nothing that exists is overwritten; `staging`
/// is kept as `out` only when this succeeds.
/// Errors: kAlreadyExists `backup.exists`; kDataLoss `ledger.corrupt` with the place; kUnavailable `backup.write`.
Result<BackupManifest> FinishBackup(TemporaryFolder staging, const std::string& out, const Maker& maker);

struct VerifiedBackup {
  BackupManifest manifest;
  ledger::Survey survey;
};

/// Reads a backup (hostile) from one end to the other and changes nothing: checksums of all parts, database, records
/// and their chain, and that the parts belong to one ledger.
/// Errors: kNotFound `backup.none` no backup there; those of DecodeBackupManifest; kDataLoss `backup.part` a part is
/// missing, cut off, changed, or of another backup; kDataLoss `ledger.corrupt`, kFailedPrecondition `ledger.version`;
/// kUnavailable `backup.unreadable`.
Result<VerifiedBackup> VerifyBackup(const std::string& path);
Result<BackupManifest> ReadBackupManifest(const std::string& path);

}  // namespace steelie::backup
