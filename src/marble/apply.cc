#include "marble/apply.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/fd.h"
#include "base/file.h"

namespace steelie::marble {
namespace {

using std::filesystem::path;

Error FileError(const std::string& what, const path& file) {
  const int code = errno;
  return Error(Code::kUnavailable, "marble.apply.file", what + " " + file.string() + ": " + std::strerror(code));
}

Error OnDisk(const path& file) {
  return Error(Code::kFailedPrecondition, "marble.apply.disk",
               "the file " + file.string() +
                   " would be written to a disk: mount a tmpfs there, or allow it with --allow-disk-secrets");
}

path AbsolutePath(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::absolute(name, ignored);
}

// Whether what is there of the file's path already lies in memory.
bool TargetInMemory(path at, const StorageProbe& in_memory) {
  while (true) {
    const Fd existing(::open(at.c_str(), O_PATH | O_CLOEXEC));
    if (existing.ok()) return in_memory(existing.get());
    if (at == at.parent_path()) return false;
    at = at.parent_path();
  }
}

Status WriteOne(const NamedSecret& file, DiskSecrets disk, const StorageProbe& in_memory) {
  const path target = AbsolutePath(file.name);
  const auto folder = CreateFolder(target.parent_path());
  if (!folder) return Error(Code::kUnavailable, "marble.apply.file", folder.error().message());
  // What is there already is emptied only when it is certain which file this is, and that it may be written.
  const Fd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!out.ok()) return FileError("cannot create", target);
  if (disk == DiskSecrets::kRefuse && !in_memory(out.get())) return OnDisk(target);
  struct stat info{};
  if (::fstat(out.get(), &info) != 0) return FileError("cannot inspect", target);
  if (S_ISREG(info.st_mode) && ::fchmod(out.get(), 0600) != 0) return FileError("cannot protect", target);
  if (S_ISREG(info.st_mode) && ::ftruncate(out.get(), 0) != 0) return FileError("cannot empty", target);
  const bool written = file.value.Reveal([&](ByteView content) {
    while (!content.empty()) {
      const ssize_t n = ::write(out.get(), content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      content = content.subspan(static_cast<std::size_t>(n));
    }
    return true;
  });
  if (!written) return FileError("cannot write", target);
  return Ok();
}

bool HasNul(ByteView bytes) { return std::ranges::find(bytes, 0) != bytes.end(); }

Error BadVariable(const std::string& name, const std::string& why) {
  std::string shown = name.substr(0, 100);
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return Error(Code::kInvalidArgument, "marble.apply.env", "the variable \"" + shown + "\" " + why);
}

std::string_view NameOf(std::string_view entry) { return entry.substr(0, entry.find('=')); }

}  // namespace

bool IsMemoryBacked(int fd) {
  struct statfs info{};
  if (::fstatfs(fd, &info) != 0) return false;
  return info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC;
}

Status WriteFiles(const std::vector<NamedSecret>& files, DiskSecrets disk, Logger& log, const StorageProbe& in_memory) {
  for (const NamedSecret& file : files) {
    if (file.name.empty() || HasNul(AsBytes(file.name))) {
      return Error(Code::kInvalidArgument, "marble.apply.file",
                   "the manifest names a file with an empty or broken path");
    }
    if (disk == DiskSecrets::kAllow || TargetInMemory(AbsolutePath(file.name), in_memory)) continue;
    if (disk == DiskSecrets::kRefuse) return OnDisk(file.name);
    log.Warn("the file " + file.name + " is not in memory: its content reaches the disk");
  }
  for (const NamedSecret& file : files) STEELIE_CHECK_OK(WriteOne(file, disk, in_memory));
  return Ok();
}

Status CheckEnvironment(const std::vector<NamedSecret>& env) {
  for (const NamedSecret& variable : env) {
    if (variable.name.empty() || variable.name.find('=') != std::string::npos || HasNul(AsBytes(variable.name))) {
      return BadVariable(variable.name, "has an invalid name");
    }
    if (variable.value.Reveal(HasNul)) return BadVariable(variable.name, "holds a NUL byte");
  }
  return Ok();
}

Status CheckArguments(const std::vector<std::string>& argv) {
  for (const std::string& argument : argv) {
    if (HasNul(AsBytes(argument))) {
      return Error(Code::kInvalidArgument, "marble.apply.argv", "an argument of the manifest holds a NUL byte");
    }
  }
  return Ok();
}

Status SetEnvironment(const std::vector<NamedSecret>& env) {
  STEELIE_CHECK_OK(CheckEnvironment(env));
  for (const NamedSecret& variable : env) {
    SecretBuffer text = variable.value.Reveal([](ByteView b) { return SecretBuffer(b.begin(), b.end()); });
    text.push_back(0);
    if (::setenv(variable.name.c_str(), AsText(text).data(), /*overwrite=*/1) != 0) {
      return BadVariable(variable.name, std::string("cannot be set: ") + std::strerror(errno));
    }
  }
  return Ok();
}

bool KeepVariables::Keeps(std::string_view name) const {
  return !names || name.starts_with("EDG_") || std::ranges::find(*names, name) != names->end();
}

EnvironmentBlock::EnvironmentBlock(const char* const* own, const KeepVariables& keep,
                                   const std::vector<NamedSecret>& env) {
  for (; *own != nullptr; ++own) {
    const std::string_view entry(*own);
    const std::string_view name = NameOf(entry);
    if (!keep.Keeps(name) || std::ranges::find(env, name, &NamedSecret::name) != env.end()) continue;
    entries_.emplace_back(entry.begin(), entry.end());
  }
  for (const NamedSecret& variable : env) {
    SecretBuffer entry(variable.name.begin(), variable.name.end());
    entry.reserve(variable.name.size() + variable.value.size() + 2);
    entry.push_back('=');
    variable.value.Reveal([&](ByteView value) { entry.insert(entry.end(), value.begin(), value.end()); });
    entries_.push_back(std::move(entry));
  }
  for (SecretBuffer& entry : entries_) {
    entry.push_back(0);
    pointers_.push_back(const_cast<char*>(AsText(entry).data()));
  }
  pointers_.push_back(nullptr);
}

std::size_t EnvironmentBlock::longest() const {
  std::size_t longest = 0;
  for (const SecretBuffer& entry : entries_) longest = std::max(longest, entry.size());
  return longest;
}

}  // namespace steelie::marble
