#include "backup/inspect.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "backup/folder.h"
#include "backup/local_socket.h"
#include "backup/make.h"
#include "ledger/sqlite/read_only_store.h"
#include "ledger/sqlite/sqlite_store.h"
#include "ledger/sqlite/tail_file.h"

namespace steelie::backup {
namespace {

// Files that belong to a seal directory or a backup in good order.
constexpr std::array<std::string_view, 8> kOrdinary = {"ledger.db",       "ledger.db-wal", "tail",        "lock",
                                                       "recovery_shares", "sealed_key",    kManifestFile, "lost+found"};

class Inspector {
 public:
  explicit Inspector(std::string path) : path_(std::move(path)) {}

  Result<Inspection> Run() {
    if (Exists(In(kManifestFile))) {
      LookAtBackup();
    } else {
      STEELIE_CHECK_OK(LookAtDirectory());
    }
    LookAtKeys();
    LookAtRecovery();
    STEELIE_CHECK_OK(ListLeftovers());
    return std::move(out_);
  }

 private:
  std::string In(const std::string& name) const { return path_ + "/" + name; }

  void Find(const Error& error, const std::string& place) {
    out_.findings.push_back({error.reason(), place, error.message()});
  }

  void LookAtBackup() {
    auto manifest = ReadBackupManifest(path_);
    if (manifest) out_.backup = *manifest;
    if (const auto verified = VerifyBackup(path_); !verified) {
      Find(verified.error(), manifest ? "backup" : kManifestFile);
    }
    LookAtLedger(In(kLedgerFile));
    // The place of damage in the ledger is more than its checksum says.
    std::ranges::stable_sort(out_.findings, {}, [](const Finding& f) { return f.reason.starts_with("backup."); });
  }

  Status LookAtDirectory() {
    std::error_code error;
    if (!std::filesystem::is_directory(path_, error)) {
      return Error(Code::kNotFound, "inspect.none", path_ + " is not a folder that can be read");
    }
    if (!Exists(In(kLedgerFile)) && !Exists(In("tail")) && !Exists(In(ledger::SqliteStore::kRestoringMark)) &&
        !Exists(In("replacing")) && !Exists(In("ledger.db-wal"))) {
      return Error(Code::kNotFound, "inspect.none", path_ + " holds neither a ledger nor a backup");
    }
    auto lock = LockForReading(path_);
    if (!lock && lock.error().reason() == "ledger.locked") {
      return Error(Code::kFailedPrecondition, "inspect.running",
                   "a Coordinator uses " + path_ + ". Inspect a backup of it: `steelie-coordinator backup --seal-dir " +
                       path_ + " OUT`, then `steelie-coordinator inspect OUT`");
    }
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    if (Exists(In(ledger::SqliteStore::kRestoringMark))) {
      Find(Error(Code::kFailedPrecondition, "ledger.restoring", "a backup was not restored completely: restore again"),
           ledger::SqliteStore::kRestoringMark);
    }
    return LookAtFiles();
  }

  Status LookAtFiles() {
    std::error_code unknown;
    const auto log = std::filesystem::file_size(In("ledger.db-wal"), unknown);
    out_.log_bytes = unknown ? 0 : log;
    if (out_.log_bytes == 0) {
      LookAtLedger(In(kLedgerFile));
      return Ok();
    }
    const std::string base = std::filesystem::temp_directory_path(unknown).string();
    STEELIE_TRY(std::string folder, MakeTemporaryFolder((unknown ? "/tmp" : base) + "/steelie-inspect-"));
    const TemporaryFolder copy(std::move(folder));
    out_.notes.push_back(
        "the write-ahead log is not empty: the last process was killed. The next start brings it in "
        "order; here a copy was looked at");
    if (const Status copied = CopyAside(path_, copy.path(), {}); !copied) {
      const std::string& reason = copied.error().reason();
      if (reason.starts_with("backup.")) return copied;
      if (reason != "ledger.none")
        Find(copied.error(), "ledger.db-wal");
      else
        out_.notes.push_back(copied.error().message());
      SetTail(copied.error());
      return Ok();
    }
    LookAtLedger(copy.File(kLedgerFile));
    return Ok();
  }

  void SetTail(const Error& error) {
    if (error.reason() == "ledger.corrupt") out_.tail = "differs";
  }

  void LookAtLedger(const std::string& file) {
    auto opened = ledger::ReadOnlyStore::Open(file);
    if (!opened) {
      Find(opened.error(), kLedgerFile);
      return;
    }
    ledger::ReadOnlyStore& store = **opened;
    if (!out_.backup && !Exists(In(kManifestFile))) LookAtTail(store);
    if (!store.database().has_header && store.database().last_sequence == 0) {
      out_.notes.emplace_back("no ledger was ever written: the next Coordinator starts fresh");
      return;
    }
    out_.survey = ledger::SurveyLedger(store);
    if (out_.survey.damage) Find(out_.survey.damage->error, out_.survey.damage->place);
    if (const auto count = store.CountSnapshots(); count) out_.snapshots = *count;
  }

  void LookAtTail(const ledger::ReadOnlyStore& store) {
    const auto tail = ledger::sqlite::TailFile::OpenReadOnly(path_);
    if (!tail) {
      Find(tail.error(), "tail");
      return;
    }
    out_.tail = tail->newest() ? "agrees" : tail->exists() ? "torn" : "missing";
    if (const Status checked = ledger::sqlite::CheckTail(store.database(), *tail); !checked) {
      SetTail(checked.error());
      Find(checked.error(), "tail");
    } else if (!tail->newest() && store.database().has_header) {
      out_.notes.push_back("the tail record is " + out_.tail + ": whether the end of the log is there is unchecked");
    }
  }

  void LookAtKeys() {
    if (!out_.survey.header) return;
    out_.key = ReadKeyState(path_, *out_.survey.header);
    switch (out_.key.verdict) {
      case KeyState::Verdict::kFits:
        return;
      case KeyState::Verdict::kMissing:
        out_.notes.emplace_back("sealed_key is missing: a Coordinator starts in recovery here");
        return;
      case KeyState::Verdict::kDamaged:
        Find(Error(Code::kDataLoss, "seal.key_file", out_.key.message + ". A Coordinator starts in recovery here"),
             kSealedFile);
        return;
      case KeyState::Verdict::kOtherLedger:
      case KeyState::Verdict::kOtherEpoch:
        Find(Error(Code::kDataLoss, "vault.key", out_.key.message + ". A Coordinator starts in recovery here"),
             kSealedFile);
        return;
    }
  }

  void LookAtRecovery() {
    if (!out_.survey.header) return;
    auto scheme = seal::DecodeRecoveryScheme(out_.survey.header->recovery);
    if (scheme) {
      out_.recovery = std::move(*scheme);
    } else {
      Find(scheme.error(), "header");
    }
  }

  Status ListLeftovers() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
      const std::string name = entry.path().filename().string();
      if (std::ranges::find(kOrdinary, name) == kOrdinary.end()) out_.leftovers.push_back(name);
    }
    if (error) return Error(Code::kUnavailable, "backup.unreadable", path_ + ": " + error.message());
    std::ranges::sort(out_.leftovers);
    if (Exists(In("replacing"))) {
      out_.notes.emplace_back(
          "`replacing` is there: a new ledger was taking the place of an old one; the next start "
          "ends that, or brings the old one back");
    }
    return Ok();
  }

  std::string path_;
  Fd lock_{-1};
  Inspection out_;
};

}  // namespace

Result<Inspection> Inspect(const std::string& path) { return Inspector(path).Run(); }

}  // namespace steelie::backup
