#include "ledger/sqlite/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/system_error.h"

namespace steelie::ledger::sqlite {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

Fd OpenFile(const std::string& path, int flags) { return Fd(::open(path.c_str(), flags | O_CLOEXEC, kFileMode)); }

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Error SystemError(int error, const std::string& what) { return steelie::SystemError(error, "ledger", what); }

Status CreateDirectory(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Ok();
    return SystemError(ENOTDIR, "the seal directory " + path);
  }
  if (errno != ENOENT) return SystemError(errno, "the seal directory " + path);
  const std::string parent = ParentOf(path);
  if (parent != path) STEELIE_CHECK_OK(CreateDirectory(parent));
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return SystemError(errno, "creating the seal directory " + path);
  }
  return SyncDirectory(parent);
}

Status SyncDirectory(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return SystemError(errno, "opening the directory " + path);
  // Some file systems cannot sync directories; they have nothing to offer in its place.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return SystemError(errno, "syncing the directory " + path);
  return Ok();
}

Status EnsureFile(const std::string& path) {
  const Fd fd = OpenFile(path, O_RDWR | O_CREAT);
  if (!fd.ok()) return SystemError(errno, "opening " + path + " for reading and writing");
  return Ok();
}

Result<std::uint64_t> FileSize(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) return static_cast<std::uint64_t>(info.st_size);
  if (errno == ENOENT) return std::uint64_t{0};
  return SystemError(errno, "looking at " + path);
}

Status SyncFile(const std::string& path) {
  const Fd fd = OpenFile(path, O_RDWR);
  if (!fd.ok() || ::fsync(fd.get()) != 0) return SystemError(errno, "syncing " + path);
  return Ok();
}

Status WriteNew(const std::string& path, ByteView contents) {
  STEELIE_CHECK_OK(RemoveFile(path));
  const Fd fd = OpenFile(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd.ok()) return SystemError(errno, "creating " + path);
  if (!WriteAll(fd.get(), contents)) return SystemError(errno, "writing " + path);
  if (::fsync(fd.get()) != 0) return SystemError(errno, "syncing " + path);
  return Ok();
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError(errno, "removing " + path);
  return Ok();
}

Status MoveFile(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return SystemError(errno, "moving " + from);
  return Ok();
}

Result<Fd> LockFile(const std::string& path) {
  Fd fd = OpenFile(path, O_RDWR | O_CREAT);
  if (!fd.ok()) return SystemError(errno, "opening " + path + " for reading and writing");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) {
    return Error(Code::kFailedPrecondition, "ledger.locked",
                 "another process uses this seal directory (it holds the lock on " + path +
                     "): stop it first, or choose another directory");
  }
  if (errno == ENOSYS || errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL) return Fd(-1);
  return SystemError(errno, "locking " + path);
}

Status Rewrite(const std::string& directory, const std::string& path, const std::string& temporary) {
  const Fd from = OpenFile(path, O_RDONLY);
  if (!from.ok()) return SystemError(errno, "opening " + path);
  STEELIE_CHECK_OK(RemoveFile(temporary));
  const Fd to = OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!to.ok()) return SystemError(errno, "creating " + temporary);
  const auto fail = [&](const std::string& what) -> Status {
    const int error = errno;
    ::unlink(temporary.c_str());
    return SystemError(error, what);
  };
  Bytes buffer(std::size_t{256} << 10U);
  for (;;) {
    const ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("reading " + path);
    if (n == 0) break;
    if (!WriteAll(to.get(), ByteView(buffer).first(static_cast<std::size_t>(n)))) return fail("writing " + temporary);
  }
  if (::fsync(to.get()) != 0) return fail("syncing " + temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail("renaming " + temporary);
  return SyncDirectory(directory);
}

}  // namespace steelie::ledger::sqlite
