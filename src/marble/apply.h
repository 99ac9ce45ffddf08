#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "marble/parameters.h"

namespace steelie::marble {

/// Says whether an open file or folder lies in memory only (tmpfs, ramfs).
using StorageProbe = std::function<bool(int fd)>;
bool IsMemoryBacked(int fd);

/// What happens to files that would land on a disk.
enum class DiskSecrets {
  kRefuse,  // nothing is written at all
  kWarn,    // one warning per file
  kAllow,
};

/// Writes the files: parents made with mode 0700, the files with mode 0600, relative paths in the working directory.
/// Errors: kFailedPrecondition `marble.apply.disk` (before anything is written); kUnavailable `marble.apply.file`.
Status WriteFiles(const std::vector<NamedSecret>& files, DiskSecrets disk, Logger& log,
                  const StorageProbe& in_memory = IsMemoryBacked);

/// Whether every variable can be set: names are not empty and hold neither `=` nor NUL, values hold no NUL.
/// Errors: kInvalidArgument `marble.apply.env` names the variable.
Status CheckEnvironment(const std::vector<NamedSecret>& env);

/// Whether the arguments can be handed to a program: none holds a NUL. Errors: kInvalidArgument `marble.apply.argv`.
Status CheckArguments(const std::vector<std::string>& argv);

/// Sets the variables of this process. Not while other threads use the environment. Errors: as CheckEnvironment.
Status SetEnvironment(const std::vector<NamedSecret>& env);

/// Which variables of its own environment a launcher hands on.
struct KeepVariables {
  /// Nothing: all of them. Otherwise only these and those that begin with `EDG_`.
  std::optional<std::vector<std::string>> names;

  bool Keeps(std::string_view name) const;
};

/// The environment of a program to be started: what is kept of `own` (NAME=VALUE each), then the marble's variables,
/// which win. Wiped when destroyed.
class EnvironmentBlock {
 public:
  EnvironmentBlock(const char* const* own, const KeepVariables& keep, const std::vector<NamedSecret>& env);

  /// For exec; valid as long as this object.
  char* const* pointers() { return pointers_.data(); }
  /// The longest entry in bytes, for the message when the system refuses it.
  std::size_t longest() const;

 private:
  std::vector<SecretBuffer> entries_;
  std::vector<char*> pointers_;
};

}  // namespace steelie::marble
