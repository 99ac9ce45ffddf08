#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

// Files of backups and of the folders that they are put into.
namespace steelie::backup {

/// How much of a long step is done; both numbers in the same unit. May be empty.
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

struct FileDigest {
  std::uint64_t size = 0;
  Sha256Digest hash{};
};

/// Errors: kUnavailable `backup.unreadable`.
Result<FileDigest> DigestFile(const std::string& path);
/// A small file. Unlike base/file.h it waits for no other process: what is not a regular file is `backup.unreadable`.
/// Errors also: kDataLoss `backup.part` larger than `max`.
Result<Bytes> ReadSmallFile(const std::string& path, std::size_t max);
/// Copies a file to a new one (mode 0600), durably; the digest is that of what was copied. Errors also:
/// kUnavailable `backup.write`.
Result<FileDigest> CopyFile(const std::string& from, const std::string& to, const Progress& progress = {});
/// Writes a new file (mode 0600), durably. Errors: kUnavailable `backup.write`.
Status WriteFile(const std::string& path, ByteView bytes);
/// Makes names in a folder durable. Errors: kUnavailable `backup.write`.
Status SyncFolder(const std::string& path);
std::string ParentOf(const std::string& path);
/// A new folder (mode 0700) whose name begins with `prefix`. Errors: kUnavailable `backup.write`.
Result<std::string> MakeTemporaryFolder(const std::string& prefix);
bool Exists(const std::string& path);

/// kUnavailable `backup.write` or `backup.unreadable` with the cause that errno names.
Error WriteError(const std::string& what);
Error ReadError(const std::string& what);

/// A folder that is deleted with all its contents at the end, unless it is kept.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace steelie::backup
