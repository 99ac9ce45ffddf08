#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "marble/apply.h"

namespace steelie::marble {

/// A program that is to replace this process.
///
/// Once measured, the very file that was measured is what is run, whatever its path names by then. (Its content can
/// still be changed in place by whoever may write to it: simulated evidence is no boundary against those.)
class Program {
 public:
  /// `name` with a slash is a path; otherwise the first executable file of that name in the folders of `path`.
  /// Errors: kNotFound `marble.program`.
  static Result<Program> Find(const std::string& name, const std::optional<std::string>& path);

  Program(Program&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  Program& operator=(Program&&) = delete;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  const std::filesystem::path& path() const { return path_; }

  /// SHA-256 of the file. Errors: kUnavailable `marble.program`.
  Result<Sha256Digest> Measure();

  /// Replaces this process; returns only if that fails. Errors: kUnavailable `marble.exec`.
  Error Execute(const std::vector<std::string>& argv, EnvironmentBlock& environment) const;

 private:
  explicit Program(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  int fd_ = -1;  // open once measured
};

}  // namespace steelie::marble
