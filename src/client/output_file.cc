#include "client/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace steelie::client {
namespace {

Error Failed(const std::filesystem::path& path) {
  const int code = errno;
  if (code == EEXIST) {
    return Error(Code::kAlreadyExists, "client.output.exists", path.string() + " exists already");
  }
  return Error(Code::kUnavailable, "client.output", "cannot write " + path.string() + ": " + std::strerror(code));
}

// On success the descriptor stays open.
bool WriteTo(int fd, ByteView content, OutputKind kind) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return false;
  const bool regular = S_ISREG(info.st_mode);
  const mode_t mode = kind == OutputKind::kPrivate ? 0600 : 0644;
  // Before the content, so that nobody reads it through a mode that was wider. A public file keeps what it had.
  const bool narrow = kind == OutputKind::kPrivate || info.st_size == 0;
  if (regular && narrow && ::fchmod(fd, mode) != 0) return false;
  if (regular && ::ftruncate(fd, 0) != 0) return false;
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

Status Write(const std::filesystem::path& path, int flags, ByteView content, OutputKind kind) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0) return Failed(path);
  Status status = Ok();
  if (!WriteTo(fd, content, kind)) status = Failed(path);
  if (::close(fd) != 0 && status) status = Failed(path);
  return status;
}

}  // namespace

Status WriteOutput(const std::filesystem::path& path, ByteView content, OutputKind kind) {
  return Write(path, 0, content, kind);
}

Status WriteNewOutput(const std::filesystem::path& path, ByteView content, OutputKind kind) {
  return Write(path, O_EXCL, content, kind);
}

}  // namespace steelie::client
