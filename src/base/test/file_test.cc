#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/fd.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"

namespace steelie {
namespace {

using testing::FailsWith;

TEST(File, ReplacesAndReads) {
  const testing::TempFolder folder;
  const auto path = folder.path() / "f";
  EXPECT_THAT(ReadFile(path, 10), FailsWith("file.missing"));
  ASSERT_OK(ReplaceFile(path, AsBytes("one")));
  ASSERT_OK(ReplaceFile(path, AsBytes("two")));
  ASSERT_OK_AND_ASSIGN(const Bytes content, ReadFile(path, 10));
  EXPECT_EQ(ToText(content), "two");
  EXPECT_THAT(ReadFile(path, 2), FailsWith("file.size"));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "f.new"));
}

TEST(File, CreatesPrivateFolders) {
  const testing::TempFolder folder;
  const auto path = folder.path() / "a" / "b";
  ASSERT_OK(CreateFolder(path));
  ASSERT_OK(CreateFolder(path));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  ASSERT_OK(ReplaceFile(folder.path() / "file", {}));
  EXPECT_THAT(CreateFolder(folder.path() / "file"), FailsWith("file.folder"));
  EXPECT_FALSE(ReplaceFile(folder.path() / "none" / "f", {}).has_value());
}

TEST(Fd, ClosesOnceAndMoves) {
  const auto open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
  int number = -1;
  {
    Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(first.ok());
    number = first.get();
    Fd second(std::move(first));
    EXPECT_FALSE(first.ok());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(second.get(), number);
    EXPECT_TRUE(open(number));
  }
  EXPECT_FALSE(open(number));
  EXPECT_FALSE(Fd(-1).ok());
}

}  // namespace
}  // namespace steelie
