#include "backup/restore.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "ledger/sqlite/directory.h"
#include "ledger/sqlite/read_only_store.h"
#include "ledger/sqlite/sqlite_store.h"
#include "ledger/sqlite/tail_file.h"

namespace steelie::backup {
namespace {

namespace sqlite = ledger::sqlite;

constexpr const char* kMark = ledger::SqliteStore::kRestoringMark;

class Restorer {
 public:
  Restorer(std::string backup, std::string directory, const RestoreOptions& options)
      : backup_(std::move(backup)), directory_(std::move(directory)), options_(options) {}

  Result<Restored> Run() {
    STEELIE_TRY(const VerifiedBackup verified, VerifyBackup(backup_));
    STEELIE_TRY(const sqlite::StoreId store, StoreIdOf(backup_));
    STEELIE_CHECK_OK(CreateFolder(directory_).WithContext("the new seal directory"));
    STEELIE_CHECK_OK(CheckEmpty());
    STEELIE_TRY(const Fd lock, sqlite::LockFile(In("lock")));
    // Again: a Coordinator may have begun meanwhile.
    STEELIE_CHECK_OK(CheckEmpty());
    STEELIE_CHECK_OK(Begin());
    Restored restored{verified.manifest, false};
    for (const BackupManifest::Part& part : verified.manifest.parts) {
      if (part.name == kSealedFile && options_.without_sealed_key) continue;
      STEELIE_CHECK_OK(Put(part));
      restored.with_key |= part.name == kSealedFile;
    }
    STEELIE_CHECK_OK(PutTail({store, verified.manifest.sequence}));
    STEELIE_CHECK_OK(End());
    return restored;
  }

 private:
  using Part = BackupManifest::Part;

  std::string In(const std::string& name) const { return directory_ + "/" + name; }

  Status Step(std::string_view step) const {
    if (options_.fault && options_.fault(step)) return Error(Code::kCancelled, "restore.fault", std::string(step));
    return Ok();
  }

  static Result<sqlite::StoreId> StoreIdOf(const std::string& backup) {
    STEELIE_TRY(const auto store, ledger::ReadOnlyStore::Open(backup + "/" + kLedgerFile));
    return store->database().id;
  }

  // What an interrupted restore leaves may be there, and what every folder or volume may have.
  Status CheckEmpty() const {
    std::set<std::string> allowed = {"lock", "lost+found"};
    if (Exists(In(kMark))) allowed.insert({kMark, kLedgerFile, kSealedFile, "tail"});
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
      const std::string name = entry.path().filename().string();
      if (allowed.contains(name)) continue;
      return Error(Code::kFailedPrecondition, "restore.not_empty",
                   directory_ + " holds `" + name +
                       "`: a backup is restored into a new or empty folder only, so that no state is lost. Move what "
                       "is there away as a whole, or name another folder");
    }
    if (error) return Error(Code::kUnavailable, "backup.unreadable", directory_ + ": " + error.message());
    return Ok();
  }

  Status Begin() const {
    if (!Exists(In(kMark))) {
      STEELIE_CHECK_OK(Step("mark"));
      STEELIE_CHECK_OK(WriteFile(In(kMark), {}));
    }
    STEELIE_CHECK_OK(Step("sync mark"));
    STEELIE_CHECK_OK(SyncFolder(directory_));
    for (const char* name : {kLedgerFile, kSealedFile, "tail"}) {
      STEELIE_CHECK_OK(Step("remove"));
      if (::unlink(In(name).c_str()) != 0 && errno != ENOENT) return WriteError("removing " + In(name));
    }
    return Ok();
  }

  Status Put(const Part& part) const {
    STEELIE_CHECK_OK(Step(part.name));
    STEELIE_TRY(const FileDigest digest, CopyFile(backup_ + "/" + part.name, In(part.name),
                                                  part.name == kLedgerFile ? options_.progress : Progress()));
    if (digest.size == part.size && digest.hash == part.hash) return Ok();
    return Error(Code::kDataLoss, "backup.part", backup_ + "/" + part.name + " changed while it was copied");
  }

  Status PutTail(const sqlite::TailRecord& record) const {
    STEELIE_CHECK_OK(Step("tail"));
    STEELIE_TRY(sqlite::TailFile tail, sqlite::TailFile::Open(directory_));
    return tail.Write(record);
  }

  Status End() const {
    STEELIE_CHECK_OK(Step("sync"));
    STEELIE_CHECK_OK(SyncFolder(directory_));
    STEELIE_CHECK_OK(Step("unmark"));
    if (::unlink(In(kMark).c_str()) != 0) return WriteError("removing " + In(kMark));
    STEELIE_CHECK_OK(Step("sync unmark"));
    return SyncFolder(directory_);
  }

  std::string backup_;
  std::string directory_;
  const RestoreOptions& options_;
};

}  // namespace

Result<Restored> Restore(const std::string& backup, const std::string& directory, const RestoreOptions& options) {
  return Restorer(backup, directory, options).Run();
}

}  // namespace steelie::backup
