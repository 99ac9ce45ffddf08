#include "seal/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"

namespace steelie::seal {
namespace {

constexpr std::string_view kName = "/sealed_key";
constexpr std::string_view kTemporary = "/sealed.tmp";
constexpr std::size_t kMaxFileSize = std::size_t{1} << 20U;

Error SystemError(int error, const std::string& what) {
  const std::string message = what + ": " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return Error(Code::kResourceExhausted, "seal.full", message);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case EMFILE:
    case ENFILE:
      return Error(Code::kUnavailable, "seal.unreadable", message);
    default:
      return Error(Code::kDataLoss, "seal.io", message);
  }
}

Error ReadError(int error, const std::string& path) {
  return Error(Code::kUnavailable, "seal.unreadable", "reading " + path + ": " + std::strerror(error));
}

}  // namespace

bool KeyDirectory::Fails(std::string_view operation) const {
  const int error = fault_ ? fault_(operation) : 0;
  if (error != 0) errno = error;
  return error != 0;
}

// Leaves a file of that name that is on disk, contents and all, but whose name need not be yet.
Status KeyDirectory::WriteSynced(const std::string& path, ByteView bytes) {
  // Always a new file: what a failed sync lost in an old one would stay lost.
  if (Fails("remove") || (::unlink(path.c_str()) != 0 && errno != ENOENT)) {
    return SystemError(errno, "removing " + path);
  }
  if (Fails("create")) return SystemError(errno, "creating " + path);
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return SystemError(errno, "creating " + path);
  while (!bytes.empty()) {
    const ssize_t n = Fails("write") ? -1 : ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemError(n < 0 ? errno : ENOSPC, "writing " + path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  if (Fails("sync") || ::fsync(fd.get()) != 0) return SystemError(errno, "syncing " + path);
  return Ok();
}

Status KeyDirectory::SyncDirectory() {
  const Fd fd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return SystemError(errno, "opening the directory " + directory_);
  if (Fails("sync directory") || (::fsync(fd.get()) != 0 && errno != EINVAL)) {
    return SystemError(errno, "syncing the directory " + directory_);
  }
  return Ok();
}

Result<std::optional<KeyFile>> KeyDirectory::Read() {
  // Garbage if it is there; if it cannot be removed, the next Write says so.
  (void)::unlink((directory_ + std::string(kTemporary)).c_str());
  const std::string path = directory_ + std::string(kName);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) {
    if (errno == ENOENT) return std::optional<KeyFile>();
    return ReadError(errno, path);
  }
  Bytes bytes(kMaxFileSize + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ReadError(errno, path);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  bytes.resize(size);
  auto file = DecodeKeyFile(bytes);
  if (!file) return std::move(file).error().WithContext(path);
  return std::optional<KeyFile>(std::move(*file));
}

Status KeyDirectory::Write(const KeyFile& file) {
  const std::string temporary = directory_ + std::string(kTemporary);
  const std::string path = directory_ + std::string(kName);
  Status status = WriteSynced(temporary, EncodeKeyFile(file));
  if (status && (Fails("rename") || ::rename(temporary.c_str(), path.c_str()) != 0)) {
    status = SystemError(errno, "renaming " + temporary + " to " + path);
  }
  if (!status) {
    (void)::unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory();
}

}  // namespace steelie::seal
