#include "backup/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "ledger/sqlite/read_only_store.h"

namespace steelie::backup {
namespace {

Error BadPart(const std::string& name, const std::string& what) {
  return Error(Code::kDataLoss, "backup.part",
               name + " " + what + ". Nothing of this backup can be relied on: take another one");
}

Result<ledger::Survey> SurveyFile(const std::string& path) {
  STEELIE_TRY(const std::unique_ptr<ledger::ReadOnlyStore> store, ledger::ReadOnlyStore::Open(path));
  ledger::Survey survey = ledger::SurveyLedger(*store);
  if (survey.damage) return survey.damage->error.WithContext(survey.damage->place);
  return survey;
}

// The manifest of what lies in the folder. A key file that does not fit is left out.
Result<BackupManifest> Describe(const TemporaryFolder& staging, const Maker& maker) {
  STEELIE_TRY(const ledger::Survey survey, SurveyFile(staging.File(kLedgerFile)));
  BackupManifest manifest;
  manifest.ledger_id = survey.header->id;
  manifest.simulation = survey.header->simulation;
  manifest.key_epoch = survey.header->key_epoch;
  manifest.sequence = survey.last_sequence;
  manifest.made_at = maker.now;
  manifest.program_version = maker.program_version;
  STEELIE_TRY(const FileDigest ledger, DigestFile(staging.File(kLedgerFile)));
  manifest.parts.push_back({kLedgerFile, ledger.size, ledger.hash});
  if (ReadKeyState(staging.path(), *survey.header).verdict == KeyState::Verdict::kFits) {
    STEELIE_TRY(const FileDigest sealed, DigestFile(staging.File(kSealedFile)));
    manifest.parts.push_back({kSealedFile, sealed.size, sealed.hash});
  } else {
    (void)::unlink(staging.File(kSealedFile).c_str());
  }
  return manifest;
}

Status RenameNew(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return Ok();
  if (errno == EEXIST || errno == ENOTEMPTY) {
    return Error(Code::kAlreadyExists, "backup.exists", to + " exists already: backups are never overwritten");
  }
  // A file system that cannot promise it: look, then rename. An empty folder at most is replaced.
  if (errno == EINVAL && !Exists(to) && ::rename(from.c_str(), to.c_str()) == 0) return Ok();
  return WriteError("renaming " + from + " to " + to);
}

Status CheckPart(const std::string& folder, const BackupManifest::Part& part) {
  const std::string path = folder + "/" + part.name;
  if (!Exists(path)) return BadPart(path, "is missing");
  STEELIE_TRY(const FileDigest digest, DigestFile(path));
  if (digest.size != part.size) {
    return BadPart(path, "has " + std::to_string(digest.size) + " bytes, not " + std::to_string(part.size));
  }
  if (digest.hash != part.hash) return BadPart(path, "is damaged or of another backup (SHA-256 differs)");
  return Ok();
}

Status CheckBelongs(const BackupManifest& manifest, const ledger::Survey& survey) {
  const ledger::Header& header = *survey.header;
  if (header.id == manifest.ledger_id && header.simulation == manifest.simulation &&
      header.key_epoch == manifest.key_epoch && survey.last_sequence == manifest.sequence) {
    return Ok();
  }
  return BadPart(kLedgerFile, "is not the ledger that the manifest of the backup describes");
}

}  // namespace

Result<BackupManifest> FinishBackup(TemporaryFolder staging, const std::string& out, const Maker& maker) {
  STEELIE_TRY(const BackupManifest manifest, Describe(staging, maker));
  STEELIE_CHECK_OK(WriteFile(staging.File(kManifestFile), EncodeBackupManifest(manifest)));
  STEELIE_CHECK_OK(SyncFolder(staging.path()));
  STEELIE_CHECK_OK(RenameNew(staging.path(), out));
  staging.Keep();
  STEELIE_CHECK_OK(SyncFolder(ParentOf(out)));
  return manifest;
}

Result<BackupManifest> ReadBackupManifest(const std::string& path) {
  const std::string file = path + "/" + kManifestFile;
  if (!Exists(file)) {
    return Error(Code::kNotFound, "backup.none",
                 path + " is not a backup that `steelie-coordinator backup` made: it holds no file `backup`");
  }
  const auto bytes = ReadSmallFile(file, kMaxManifestSize);
  if (!bytes && bytes.error().reason() == "backup.part") {
    return Error(Code::kDataLoss, "backup.manifest", "the manifest of the backup is too large");
  }
  if (!bytes) return bytes.error();
  return DecodeBackupManifest(*bytes).WithContext(file);
}

Result<VerifiedBackup> VerifyBackup(const std::string& path) {
  VerifiedBackup verified;
  STEELIE_TRY(verified.manifest, ReadBackupManifest(path));
  for (const BackupManifest::Part& part : verified.manifest.parts) STEELIE_CHECK_OK(CheckPart(path, part));
  STEELIE_TRY(verified.survey, SurveyFile(path + "/" + kLedgerFile));
  STEELIE_CHECK_OK(CheckBelongs(verified.manifest, verified.survey));
  if (verified.manifest.Find(kSealedFile) != nullptr) {
    const KeyState key = ReadKeyState(path, *verified.survey.header);
    if (key.verdict != KeyState::Verdict::kFits) return BadPart(kSealedFile, "cannot be used: " + key.message);
  }
  return verified;
}

}  // namespace steelie::backup
