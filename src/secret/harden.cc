#include "secret/harden.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace steelie {
namespace {

std::string Failure(const std::string& what) { return what + ": " + std::strerror(errno); }

// Locking everything also covers the copies that libraries make. With a finite limit it would turn the first allocation
// beyond the limit into a failure, so then it is left out.
bool MayLockAllMemory() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

}  // namespace

std::vector<std::string> HardenProcess() {
  std::vector<std::string> failures;
  ::umask(077);
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) failures.push_back(Failure("cannot disable core dumps"));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) failures.push_back(Failure("cannot make the process untraceable"));
  if (!MayLockAllMemory()) {
    failures.emplace_back("memory may be swapped to disk: the memory-lock limit (ulimit -l) is not unlimited");
  } else if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    failures.push_back(Failure("memory may be swapped to disk"));
  }
  return failures;
}

}  // namespace steelie
