#include "marble/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace steelie::marble {
namespace {

bool IsExecutableFile(const std::filesystem::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Error NotFound(const std::string& what) { return Error(Code::kNotFound, "marble.program", what); }

Error CannotRead(const std::filesystem::path& path) {
  return Error(Code::kUnavailable, "marble.program",
               "cannot measure the program " + path.string() + ": " + std::strerror(errno));
}

}  // namespace

Result<Program> Program::Find(const std::string& name, const std::optional<std::string>& path) {
  if (name.find('/') != std::string::npos) {
    if (!IsExecutableFile(name)) return NotFound("the program " + name + " is not an executable file");
    return Program(name);
  }
  std::string_view folders = path ? std::string_view(*path) : "/usr/local/bin:/usr/bin:/bin";
  while (!name.empty()) {
    const std::size_t colon = folders.find(':');
    const std::string_view folder = folders.substr(0, colon);
    const auto candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
    if (IsExecutableFile(candidate)) return Program(candidate);
    if (colon == std::string_view::npos) break;
    folders.remove_prefix(colon + 1);
  }
  return NotFound("the program \"" + name + "\" is not found in PATH");
}

Program::~Program() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Sha256Digest> Program::Measure() {
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return CannotRead(path_);
  Sha256Stream stream;
  std::vector<std::uint8_t> piece(std::size_t{256} << 10U);
  off_t at = 0;
  while (true) {
    const ssize_t n = ::pread(fd_, piece.data(), piece.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return CannotRead(path_);
    if (n == 0) return stream.Finish();
    stream.Update(ByteView(piece).first(static_cast<std::size_t>(n)));
    at += n;
  }
}

Error Program::Execute(const std::vector<std::string>& argv, EnvironmentBlock& environment) const {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  if (fd_ < 0) {
    ::execve(path_.c_str(), arguments.data(), environment.pointers());
  } else {
    // The interpreter of a script opens it anew as /dev/fd/N, so there the descriptor must stay open.
    std::array<char, 2> magic{};
    if (::pread(fd_, magic.data(), magic.size(), 0) == 2 && magic[0] == '#' && magic[1] == '!') {
      ::fcntl(fd_, F_SETFD, 0);
    }
    ::fexecve(fd_, arguments.data(), environment.pointers());
  }
  const int code = errno;
  std::string message = "cannot run " + path_.string() + ": " + std::strerror(code);
  if (code == E2BIG) {
    message += "; its longest environment variable has " + std::to_string(environment.longest()) +
               " bytes, and a system usually takes up to 131072: hand large secrets over as files";
  }
  return Error(Code::kUnavailable, "marble.exec", message);
}

}  // namespace steelie::marble
