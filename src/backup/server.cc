#include "backup/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backup/files.h"
#include "backup/frame.h"
#include "backup/local_socket.h"
#include "ledger/sqlite/directory.h"

namespace steelie::backup {
namespace {

constexpr const char* kCopyFile = "copy.tmp";
constexpr int kReceiveSeconds = 10;
// The peer writes to a disk of its own.
constexpr int kSendSeconds = 120;
constexpr int kAcceptPauseMilliseconds = 200;
constexpr std::size_t kPiece = std::size_t{256} << 10U;
// The ledger must be able to go on while the copy is there.
constexpr std::uint64_t kSpareRoom = std::uint64_t{32} << 20U;

Status SendFrame(const Fd& connection, FrameKind kind, ByteView payload) {
  return SendAll(connection, EncodeFrame(kind, payload));
}

}  // namespace

BackupServer::BackupServer(std::string directory, Make make, Logger& logger, Fd listener, Fd wake)
    : directory_(std::move(directory)),
      make_(std::move(make)),
      logger_(logger),
      listener_(std::move(listener)),
      wake_(std::move(wake)),
      thread_([this] { Run(); }) {}

Result<std::unique_ptr<BackupServer>> BackupServer::Open(const std::string& directory, Make make, Logger& logger) {
  // Of a run that was killed while it made a copy.
  (void)::unlink((directory + "/" + kCopyFile).c_str());
  STEELIE_TRY(Fd listener, ListenIn(directory));
  Fd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake.ok()) return Error(Code::kUnavailable, "backup.socket", std::strerror(errno));
  return std::unique_ptr<BackupServer>(
      new BackupServer(directory, std::move(make), logger, std::move(listener), std::move(wake)));
}

BackupServer::~BackupServer() {
  stopping_ = true;
  {
    MutexLock lock(mutex_);
    if (current_ >= 0) ::shutdown(current_, SHUT_RDWR);
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof(one));
  thread_.join();
  (void)::unlink((directory_ + "/" + kSocketFile).c_str());
}

void BackupServer::Run() {
  while (!stopping_) {
    std::array<pollfd, 2> waiting = {pollfd{listener_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (stopping_ || (waiting[0].revents & POLLIN) == 0) continue;
    const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.ok()) {
      // With no descriptors left the connection stays waiting: asking again at once would take a processor.
      (void)::poll(&waiting[1], 1, kAcceptPauseMilliseconds);
      continue;
    }
    SetCurrent(connection.get());
    Serve(connection);
    SetCurrent(-1);
  }
}

void BackupServer::SetCurrent(int descriptor) {
  MutexLock lock(mutex_);
  current_ = descriptor;
  // Whoever stops may have come just before.
  if (descriptor >= 0 && stopping_) ::shutdown(descriptor, SHUT_RDWR);
}

void BackupServer::Serve(const Fd& connection) {
  SetTimeLimits(connection, kReceiveSeconds, kSendSeconds);
  const Status answered = Answer(connection);
  if (answered) return;
  const Error& error = answered.error();
  logger_.Warn("A backup was not made", {{"reason", error.reason()}, {"error", error.message()}});
  (void)SendFrame(connection, FrameKind::kRefusal, EncodeRefusal({error.reason(), error.message()}));
}

// SQLite does not say in advance how large a copy becomes; no larger than what is there.
Status BackupServer::CheckRoom() const {
  STEELIE_TRY(const std::uint64_t database, ledger::sqlite::FileSize(directory_ + "/ledger.db"));
  STEELIE_TRY(const std::uint64_t log, ledger::sqlite::FileSize(directory_ + "/ledger.db-wal"));
  struct statvfs room{};
  if (::statvfs(directory_.c_str(), &room) != 0) return Ok();
  const std::uint64_t free = std::uint64_t{room.f_bavail} * room.f_frsize;
  const std::uint64_t needed = database + log + kSpareRoom;
  if (free >= needed) return Ok();
  return Error(Code::kResourceExhausted, "backup.space",
               "the file system of " + directory_ + " has " + std::to_string(free >> 20U) + " MiB free; a backup of " +
                   "a running Coordinator needs " + std::to_string(needed >> 20U) +
                   " MiB there for a while. Make room, or stop the Coordinator and make the backup then");
}

Status BackupServer::Answer(const Fd& connection) {
  // Also of those who may not ask: closing with their bytes unread would take our answer with it.
  STEELIE_TRY(const Bytes request, ReceiveExactly(connection, kRequest.size()));
  if (!PeerMayAsk(connection)) {
    return Error(Code::kPermissionDenied, "backup.peer", "only the Coordinator's own user and root may ask");
  }
  if (!PublicEqual(request, kRequest)) {
    return Error(Code::kInvalidArgument, "backup.request",
                 "the request is not known here: use a program of the Coordinator's version");
  }
  STEELIE_CHECK_OK(CheckRoom());
  const std::string path = directory_ + "/" + kCopyFile;
  const auto progress = [&](std::uint64_t done, std::uint64_t of) -> Status {
    if (stopping_) return Error(Code::kUnavailable, "backup.stopping", "the Coordinator is shutting down");
    return SendFrame(connection, FrameKind::kProgress, EncodeProgress({done, of}));
  };
  (void)::unlink(path.c_str());
  STEELIE_TRY(const LedgerCopy copy, make_(path, progress));
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int error = errno;
  (void)::unlink(path.c_str());
  if (!file.ok()) return Error(Code::kUnavailable, "backup.unreadable", path + ": " + std::strerror(error));
  if (!copy.key_file.empty()) STEELIE_CHECK_OK(SendFrame(connection, FrameKind::kKeyFile, copy.key_file));
  if (!copy.note.empty()) STEELIE_CHECK_OK(SendFrame(connection, FrameKind::kNote, AsBytes(copy.note)));
  STEELIE_CHECK_OK(SendLedger(connection, file));
  logger_.Info("A backup was handed out");
  return Ok();
}

Status BackupServer::SendLedger(const Fd& connection, const Fd& file) const {
  Bytes piece(kPiece);
  Sha256Stream hash;
  End end;
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error(Code::kUnavailable, "backup.unreadable", std::strerror(errno));
    if (n == 0) break;
    if (stopping_) return Error(Code::kUnavailable, "backup.stopping", "the Coordinator is shutting down");
    const ByteView bytes = ByteView(piece).first(static_cast<std::size_t>(n));
    hash.Update(bytes);
    end.size += bytes.size();
    STEELIE_CHECK_OK(SendFrame(connection, FrameKind::kLedger, bytes));
  }
  end.hash = hash.Finish();
  return SendFrame(connection, FrameKind::kEnd, EncodeEnd(end));
}

}  // namespace steelie::backup
