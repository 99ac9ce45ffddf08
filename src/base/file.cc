#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace steelie {
namespace {

Error Failed(const char* reason, const std::string& what, const std::filesystem::path& path) {
  const int code = errno;
  return Error(code == ENOENT ? Code::kNotFound : Code::kUnavailable, code == ENOENT ? "file.missing" : reason,
               what + " " + path.string() + ": " + std::strerror(code));
}

}  // namespace

Result<Bytes> ReadFile(const std::filesystem::path& path, std::size_t max) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return Failed("file.read", "cannot open", path);
  Bytes out;
  Bytes piece(64U << 10U);
  while (true) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("file.read", "cannot read", path);
    if (n == 0) return out;
    if (out.size() + static_cast<std::size_t>(n) > max) {
      return Error(Code::kInvalidArgument, "file.size",
                   path.string() + " is larger than " + std::to_string(max) + " bytes");
    }
    out.insert(out.end(), piece.begin(), piece.begin() + n);
  }
}

Status ReplaceFile(const std::filesystem::path& path, ByteView content) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  {
    const Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file.ok()) return Failed("file.write", "cannot create", temporary);
    if (!WriteAll(file.get(), content) || ::fsync(file.get()) != 0) {
      const Error error = Failed("file.write", "cannot write", temporary);
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Failed("file.write", "cannot replace", path);
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Fd folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok() || ::fsync(folder.get()) != 0) return Failed("file.write", "cannot sync", parent);
  return Ok();
}

Status CreateFolder(const std::filesystem::path& path) {
  std::filesystem::path sofar;
  for (const auto& part : path) {
    sofar /= part;
    if (::mkdir(sofar.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS && errno != EACCES) {
      return Failed("file.folder", "cannot create folder", sofar);
    }
  }
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return Failed("file.folder", "cannot create folder", path);
  if (!S_ISDIR(info.st_mode)) {
    return Error(Code::kUnavailable, "file.folder", path.string() + " is not a folder");
  }
  return Ok();
}

}  // namespace steelie
