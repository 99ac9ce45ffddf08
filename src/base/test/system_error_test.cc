#include "base/system_error.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/fd.h"

namespace steelie {
namespace {

TEST(SystemError, SaysWhatCanBeDone) {
  const auto reason = [](int error) { return SystemError(error, "area", "opening x").reason(); };
  EXPECT_EQ(reason(ENOSPC), "area.full");
  EXPECT_EQ(reason(EDQUOT), "area.full");
  EXPECT_EQ(reason(EACCES), "area.unreadable");
  EXPECT_EQ(reason(ENAMETOOLONG), "area.unreadable");
  EXPECT_EQ(reason(EIO), "area.io");
  EXPECT_EQ(SystemError(EIO, "area", "opening x").message(), "opening x: Input/output error");
}

TEST(WriteAll, LeavesTheCauseInErrno) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.ok());
  EXPECT_FALSE(WriteAll(full.get(), Bytes(10)));
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_TRUE(WriteAll(full.get(), {}));
  EXPECT_FALSE(WriteAll(-1, Bytes(1)));
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace steelie
