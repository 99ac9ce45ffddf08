#include "seal/replaced_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "base/system_error.h"

namespace steelie::seal {
namespace {

Error SystemError(int error, const std::string& what) { return steelie::SystemError(error, "seal", what); }

Error ReadError(int error, const std::string& path) {
  return Error(Code::kUnavailable, "seal.unreadable", "reading " + path + ": " + std::strerror(error));
}

}  // namespace

ReplacedFile::ReplacedFile(const std::string& directory, std::string_view name, std::string_view temporary,
                           std::size_t max_size, Fault fault)
    : directory_(directory),
      path_(directory + "/" + std::string(name)),
      temporary_(directory + "/" + std::string(temporary)),
      max_size_(max_size),
      fault_(std::move(fault)) {}

bool ReplacedFile::Fails(std::string_view operation) const {
  const int error = fault_ ? fault_(operation) : 0;
  if (error != 0) errno = error;
  return error != 0;
}

// Leaves a file of that name that is on disk, contents and all, but whose name need not be yet.
Status ReplacedFile::WriteSynced(ByteView bytes) {
  // Always a new file: what a failed sync lost in an old one would stay lost.
  if (Fails("remove") || (::unlink(temporary_.c_str()) != 0 && errno != ENOENT)) {
    return SystemError(errno, "removing " + temporary_);
  }
  if (Fails("create")) return SystemError(errno, "creating " + temporary_);
  const Fd fd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return SystemError(errno, "creating " + temporary_);
  while (!bytes.empty()) {
    const ssize_t n = Fails("write") ? -1 : ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemError(n < 0 ? errno : ENOSPC, "writing " + temporary_);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  if (Fails("sync") || ::fsync(fd.get()) != 0) return SystemError(errno, "syncing " + temporary_);
  return Ok();
}

Status ReplacedFile::SyncDirectory() {
  const Fd fd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return SystemError(errno, "opening the directory " + directory_);
  if (Fails("sync directory") || (::fsync(fd.get()) != 0 && errno != EINVAL)) {
    return SystemError(errno, "syncing the directory " + directory_);
  }
  return Ok();
}

Result<std::optional<Bytes>> ReplacedFile::Read() {
  // Garbage if it is there; if it cannot be removed, the next Write says so.
  (void)::unlink(temporary_.c_str());
  const Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return ReadError(errno, path_);
  }
  Bytes bytes(max_size_ + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ReadError(errno, path_);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  bytes.resize(size);
  return std::optional<Bytes>(std::move(bytes));
}

Status ReplacedFile::Write(ByteView bytes) {
  Status status = WriteSynced(bytes);
  if (status && (Fails("rename") || ::rename(temporary_.c_str(), path_.c_str()) != 0)) {
    status = SystemError(errno, "renaming " + temporary_ + " to " + path_);
  }
  if (!status) {
    (void)::unlink(temporary_.c_str());
    return status;
  }
  return SyncDirectory();
}

Status ReplacedFile::Remove() {
  struct stat found{};
  if (::lstat(path_.c_str(), &found) != 0 && errno == ENOENT) return Ok();
  if (Fails("remove") || (::unlink(path_.c_str()) != 0 && errno != ENOENT)) {
    return SystemError(errno, "removing " + path_);
  }
  return SyncDirectory();
}

}  // namespace steelie::seal
