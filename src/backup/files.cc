#include "backup/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/fd.h"

namespace steelie::backup {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10U;
// Written data is handed to the disk in pieces of this size, so that others who sync wait for little of it.
constexpr std::uint64_t kSyncEvery = std::uint64_t{8} << 20U;

// Hands every piece of the file to `take`.
Status ReadPieces(const std::string& path, const std::function<Status(ByteView piece, std::uint64_t size)>& take) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!fd.ok() || ::fstat(fd.get(), &info) != 0) return ReadError("opening " + path);
  if (!S_ISREG(info.st_mode)) {
    return Error(Code::kUnavailable, "backup.unreadable", path + " is not a regular file");
  }
  Bytes buffer(kPiece);
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ReadError("reading " + path);
    if (n == 0) return Ok();
    STEELIE_CHECK_OK(
        take(ByteView(buffer).first(static_cast<std::size_t>(n)), static_cast<std::uint64_t>(info.st_size)));
  }
}

}  // namespace

Error WriteError(const std::string& what) {
  return Error(Code::kUnavailable, "backup.write", what + ": " + std::strerror(errno));
}

Error ReadError(const std::string& what) {
  return Error(Code::kUnavailable, "backup.unreadable", what + ": " + std::strerror(errno));
}

Result<FileDigest> DigestFile(const std::string& path) {
  Sha256Stream stream;
  FileDigest digest;
  STEELIE_CHECK_OK(ReadPieces(path, [&](ByteView piece, std::uint64_t) {
    stream.Update(piece);
    digest.size += piece.size();
    return Ok();
  }));
  digest.hash = stream.Finish();
  return digest;
}

Result<Bytes> ReadSmallFile(const std::string& path, std::size_t max) {
  Bytes out;
  STEELIE_CHECK_OK(ReadPieces(path, [&](ByteView piece, std::uint64_t) -> Status {
    if (piece.size() > max - out.size()) {
      return Error(Code::kDataLoss, "backup.part", path + " is larger than " + std::to_string(max) + " bytes");
    }
    out.insert(out.end(), piece.begin(), piece.end());
    return Ok();
  }));
  return out;
}

Result<FileDigest> CopyFile(const std::string& from, const std::string& to, const Progress& progress) {
  const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.ok()) return WriteError("creating " + to);
  Sha256Stream stream;
  FileDigest digest;
  std::uint64_t synced = 0;
  STEELIE_CHECK_OK(ReadPieces(from, [&](ByteView piece, std::uint64_t size) -> Status {
    stream.Update(piece);
    digest.size += piece.size();
    if (!WriteAll(out.get(), piece)) return WriteError("writing " + to);
    if (digest.size - synced < kSyncEvery) return Ok();
    synced = digest.size;
    if (progress) progress(digest.size, size);
    return ::fdatasync(out.get()) == 0 ? Ok() : Status(WriteError("syncing " + to));
  }));
  if (::fsync(out.get()) != 0) return WriteError("syncing " + to);
  digest.hash = stream.Finish();
  return digest;
}

Status WriteFile(const std::string& path, ByteView bytes) {
  const Fd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.ok()) return WriteError("creating " + path);
  if (!WriteAll(out.get(), bytes)) return WriteError("writing " + path);
  if (::fsync(out.get()) != 0) return WriteError("syncing " + path);
  return Ok();
}

Status SyncFolder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return WriteError("opening the folder " + path);
  // Some file systems cannot sync folders; they have nothing to offer in its place.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return WriteError("syncing the folder " + path);
  return Ok();
}

std::string ParentOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<std::string> MakeTemporaryFolder(const std::string& prefix) {
  const std::string pattern = prefix + "XXXXXX";
  std::vector<char> name(pattern.c_str(), pattern.c_str() + pattern.size() + 1);
  if (::mkdtemp(name.data()) == nullptr) return WriteError("making a folder " + pattern);
  return std::string(name.data());
}

bool Exists(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace steelie::backup
