#include "secret/harden.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace steelie {
namespace {

std::string Failure(const std::string& what) { return what + ": " + std::strerror(errno); }

// Locking everything also covers the copies that libraries make. With a finite limit it would turn the first allocation
// beyond the limit into a failure, so then it is left out.
bool MayLockAllMemory() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

// Belongs to the process as a whole, like the limits themselves.
struct Inherited {
  rlimit core{};
  mode_t umask = 0;
};
std::optional<Inherited> before;

}  // namespace

std::vector<std::string> HardenProcess() {
  std::vector<std::string> failures;
  Inherited inherited;
  inherited.umask = ::umask(077);
  if (::getrlimit(RLIMIT_CORE, &inherited.core) != 0) inherited.core = {0, 0};
  if (!before) before = inherited;
  // The hard limit stays, so that RestoreInheritedLimits can undo this; not being dumpable rules core dumps out anyway.
  const rlimit none{0, inherited.core.rlim_max};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) failures.push_back(Failure("cannot disable core dumps"));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) failures.push_back(Failure("cannot make the process untraceable"));
  if (!MayLockAllMemory()) {
    failures.emplace_back("memory may be swapped to disk: the memory-lock limit (ulimit -l) is not unlimited");
  } else if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    failures.push_back(Failure("memory may be swapped to disk"));
  }
  return failures;
}

void RestoreInheritedLimits() {
  if (!before) return;
  ::umask(before->umask);
  ::setrlimit(RLIMIT_CORE, &before->core);
}

}  // namespace steelie
