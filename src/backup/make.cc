#include "backup/make.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "backup/frame.h"
#include "backup/local_socket.h"
#include "ledger/sqlite/database.h"
#include "ledger/sqlite/sqlite_store.h"

namespace steelie::backup {
namespace {

constexpr int kAnswerSeconds = 120;
constexpr const char* kLogFile = "ledger.db-wal";
constexpr const char* kTailFile = "tail";

Error BadAnswer() { return Error(Code::kDataLoss, "backup.answer", "the Coordinator's answer is not understood"); }

/// Takes what a running Coordinator sends.
class Receiver {
 public:
  Receiver(const TemporaryFolder& staging, const Progress& progress) : staging_(staging), progress_(progress) {}

  Result<std::string> Run(const std::string& directory) {
    STEELIE_TRY(connection_, ConnectTo(directory));
    SetTimeLimits(connection_, kAnswerSeconds, kAnswerSeconds);
    STEELIE_CHECK_OK(SendAll(connection_, kRequest));
    file_ = Fd(::open(staging_.File(kLedgerFile).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_.ok()) return WriteError("creating " + staging_.File(kLedgerFile));
    while (!ended_) STEELIE_CHECK_OK(TakeFrame());
    if (::fsync(file_.get()) != 0) return WriteError("syncing " + staging_.File(kLedgerFile));
    return note_;
  }

 private:
  Status TakeFrame() {
    STEELIE_TRY(const Bytes head, ReceiveExactly(connection_, kFrameHeaderSize));
    const auto header = DecodeFrameHeader(head);
    if (!header) return BadAnswer();
    STEELIE_TRY(const Bytes payload, ReceiveExactly(connection_, header->size));
    switch (header->kind) {
      case FrameKind::kProgress:
        return TakeProgress(payload);
      case FrameKind::kRefusal:
        return TakeRefusal(payload);
      case FrameKind::kLedger:
        return TakeLedger(payload);
      case FrameKind::kKeyFile:
        return WriteFile(staging_.File(kSealedFile), payload);
      case FrameKind::kNote:
        note_ = ToText(payload);
        return Ok();
      case FrameKind::kEnd:
        return TakeEnd(payload);
    }
    return BadAnswer();
  }

  Status TakeProgress(ByteView payload) const {
    const auto progress = DecodeProgress(payload);
    if (!progress) return BadAnswer();
    if (progress_) progress_(progress->done, progress->of);
    return Ok();
  }

  static Status TakeRefusal(ByteView payload) {
    const auto refusal = DecodeRefusal(payload);
    if (!refusal) return BadAnswer();
    return Error(Code::kUnavailable, refusal->reason, "the Coordinator refuses: " + refusal->message);
  }

  Status TakeLedger(ByteView payload) {
    hash_.Update(payload);
    size_ += payload.size();
    while (!payload.empty()) {
      const ssize_t n = ::write(file_.get(), payload.data(), payload.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return WriteError("writing " + staging_.File(kLedgerFile));
      payload = payload.subspan(static_cast<std::size_t>(n));
    }
    return Ok();
  }

  Status TakeEnd(ByteView payload) {
    const auto end = DecodeEnd(payload);
    if (!end || end->size != size_ || end->hash != hash_.Finish()) return BadAnswer();
    ended_ = true;
    return Ok();
  }

  const TemporaryFolder& staging_;
  const Progress& progress_;
  Fd connection_{-1};
  Fd file_{-1};
  Sha256Stream hash_;
  std::uint64_t size_ = 0;
  std::string note_;
  bool ended_ = false;
};

Status CopyIfThere(const std::string& from, const std::string& to, const Progress& progress) {
  if (!Exists(from)) return Ok();
  STEELIE_CHECK_OK(CopyFile(from, to, progress));
  return Ok();
}

Status RefuseInterrupted(const std::string& directory) {
  for (const char* name : {"replacing", ledger::SqliteStore::kRestoringMark}) {
    if (!Exists(directory + "/" + name)) continue;
    return Error(Code::kFailedPrecondition, "backup.interrupted",
                 directory + "/" + name +
                     " exists: something was interrupted. Start the Coordinator once (after `replacing`), or restore "
                     "again (after `restoring`)");
  }
  return Ok();
}

Error Unanswered(const std::string& directory, const Error& cause) {
  return Error(Code::kUnavailable, "backup.socket",
               "a process uses " + directory + " but gives no backup (" + cause.message() +
                   "). If the Coordinator is just starting, try again; its log says if it cannot be asked");
}

}  // namespace

Result<Fd> LockForReading(const std::string& directory) {
  const std::string path = directory + "/lock";
  // What lies there may be anybody's: a pipe must not make us wait.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) return errno == ENOENT ? Result<Fd>(std::move(fd)) : ReadError("opening " + path);
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return fd;
  return Error(Code::kFailedPrecondition, "ledger.locked", "a Coordinator runs on " + directory);
}

Status CopyAside(const std::string& directory, const std::string& folder, const Progress& progress) {
  for (const char* name : {kLedgerFile, kLogFile, kTailFile}) {
    STEELIE_CHECK_OK(CopyIfThere(directory + "/" + name, folder + "/" + name,
                                 std::string_view(name) == kLedgerFile ? progress : Progress()));
  }
  STEELIE_TRY(const ledger::sqlite::TailFile tail, ledger::sqlite::TailFile::Open(folder));
  STEELIE_TRY(const ledger::sqlite::Database database, ledger::sqlite::OpenDatabase(folder, "", tail));
  if (database.has_header) return Ok();
  return Error(Code::kNotFound, "ledger.none", "there is no ledger yet");
}

namespace {

Status CopyStopped(const std::string& directory, const TemporaryFolder& staging, const Progress& progress) {
  STEELIE_CHECK_OK(RefuseInterrupted(directory));
  STEELIE_CHECK_OK(CopyAside(directory, staging.path(), progress));
  for (const char* name : {kLogFile, kTailFile}) (void)::unlink(staging.File(name).c_str());
  return CopyIfThere(directory + "/" + kSealedFile, staging.File(kSealedFile), {});
}

}  // namespace

Result<Made> MakeBackup(const std::string& directory, const std::string& out, const Maker& maker,
                        const Progress& progress) {
  if (Exists(out)) {
    return Error(Code::kAlreadyExists, "backup.exists", out + " exists already: backups are never overwritten");
  }
  if (!Exists(directory + "/" + kLedgerFile)) {
    return Error(Code::kNotFound, "backup.no_ledger",
                 directory + " holds no ledger: name the seal directory with --seal-dir or EDG_COORDINATOR_SEAL_DIR");
  }
  STEELIE_TRY(std::string folder, MakeTemporaryFolder(out + ".tmp-"));
  TemporaryFolder staging(std::move(folder));
  Made made;
  const Result<Fd> lock = LockForReading(directory);
  made.live = !lock;
  if (lock) {
    STEELIE_CHECK_OK(CopyStopped(directory, staging, progress));
  } else if (lock.error().reason() != "ledger.locked") {
    return lock.error();
  } else {
    auto note = Receiver(staging, progress).Run(directory);
    if (!note && note.error().reason() == "backup.socket") return Unanswered(directory, note.error());
    if (!note) return note.error();
    made.note = std::move(*note);
  }
  STEELIE_TRY(made.manifest, FinishBackup(std::move(staging), out, maker));
  return made;
}

}  // namespace steelie::backup
