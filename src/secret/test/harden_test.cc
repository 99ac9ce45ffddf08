#include "secret/harden.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace steelie {
namespace {

mode_t CurrentUmask() {
  const mode_t current = ::umask(0);
  ::umask(current);
  return current;
}

rlim_t CoreLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  return limit.rlim_cur;
}

// In a child, since hardening is for good.
TEST(Harden, WhatAProgramWouldInheritComesBack) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::umask(027);
    const rlim_t before = CoreLimit();
    (void)HardenProcess();
    if (CoreLimit() != 0 || CurrentUmask() != 077) ::_exit(1);
    (void)HardenProcess();  // a second time must not forget what was there at first
    RestoreInheritedLimits();
    ::_exit(CoreLimit() == before && CurrentUmask() == 027 ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace steelie
