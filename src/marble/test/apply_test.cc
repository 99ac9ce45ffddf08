#include "marble/apply.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

NamedSecret Named(std::string name, std::string_view value) {
  return {std::move(name), ParameterValue(AsBytes(value))};
}

template <typename... Secrets>
std::vector<NamedSecret> ListOf(Secrets... secrets) {
  std::vector<NamedSecret> out;
  (out.push_back(std::move(secrets)), ...);
  return out;
}

class RecordingLog final : public Logger {
 public:
  void Log(LogLevel, std::string_view message, std::vector<LogField>) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

bool InMemory(int) { return true; }
bool OnDisk(int) { return false; }

class Files : public ::testing::Test {
 protected:
  std::string At(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string Content(const std::string& name) const {
    const auto bytes = ReadFile(At(name), 1000);
    return bytes ? ToText(*bytes) : "(missing)";
  }

  steelie::testing::TempFolder folder_;
  RecordingLog log_;
};

TEST_F(Files, ArePrivateAndSoAreNewParents) {
  const auto files = ListOf(Named(At("a/b/key"), "secret"), Named(At("plain"), std::string_view("\0x", 2)));
  ASSERT_OK(WriteFiles(files, DiskSecrets::kRefuse, log_, InMemory));
  EXPECT_EQ(Content("a/b/key"), "secret");
  EXPECT_EQ(Content("plain"), std::string("\0x", 2));
  EXPECT_EQ(ModeOf(At("a/b/key")), 0600U);
  EXPECT_EQ(ModeOf(At("a/b")), 0700U);
  EXPECT_EQ(ModeOf(At("a")), 0700U);
  EXPECT_THAT(log_.lines, ElementsAre());
}

TEST_F(Files, ReplaceLongerAndMorePublicContent) {
  ASSERT_OK(ReplaceFile(At("key"), AsBytes("a longer old content")));
  ASSERT_EQ(::chmod(At("key").c_str(), 0644), 0);
  ASSERT_OK(WriteFiles(ListOf(Named(At("key"), "new")), DiskSecrets::kRefuse, log_, InMemory));
  EXPECT_EQ(Content("key"), "new");
  EXPECT_EQ(ModeOf(At("key")), 0600U);
}

TEST_F(Files, RelativePathsAreInTheWorkingFolder) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const auto status = WriteFiles(ListOf(Named("sub/file", "x")), DiskSecrets::kRefuse, log_, InMemory);
  std::filesystem::current_path(before);
  ASSERT_OK(status);
  EXPECT_EQ(Content("sub/file"), "x");
}

TEST_F(Files, NoneIsWrittenIfOneWouldLandOnADisk) {
  const auto disk_below = [&](int fd) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
    return target.string().find("disk") == std::string::npos;
  };
  ASSERT_OK(CreateFolder(At("disk")));
  const auto files = ListOf(Named(At("memory"), "x"), Named(At("disk/a/b"), "x"));
  EXPECT_THAT(WriteFiles(files, DiskSecrets::kRefuse, log_, disk_below), FailsWith("marble.apply.disk"));
  EXPECT_FALSE(std::filesystem::exists(At("memory")));
  EXPECT_FALSE(std::filesystem::exists(At("disk/a")));
}

TEST_F(Files, ALinkToADiskIsSeenAtTheLastMoment) {
  // The name's folder lies in memory; the file that it leads to does not.
  ASSERT_OK(ReplaceFile(At("target"), AsBytes("old")));
  ASSERT_EQ(::chmod(At("target").c_str(), 0644), 0);
  ASSERT_EQ(::symlink(At("target").c_str(), At("link").c_str()), 0);
  int calls = 0;
  const auto probe = [&](int) { return ++calls == 1; };
  EXPECT_THAT(WriteFiles(ListOf(Named(At("link"), "secret")), DiskSecrets::kRefuse, log_, probe),
              FailsWith("marble.apply.disk"));
  EXPECT_EQ(Content("target"), "old");
  EXPECT_EQ(ModeOf(At("target")), 0644U);
}

TEST_F(Files, InSimulationADiskIsWorthAWarning) {
  ASSERT_OK(WriteFiles(ListOf(Named(At("f"), "x")), DiskSecrets::kWarn, log_, OnDisk));
  EXPECT_THAT(log_.lines, ElementsAre(HasSubstr("is not in memory")));
  log_.lines.clear();
  ASSERT_OK(WriteFiles(ListOf(Named(At("f"), "y")), DiskSecrets::kAllow, log_, OnDisk));
  EXPECT_THAT(log_.lines, ElementsAre());
  EXPECT_EQ(Content("f"), "y");
}

TEST_F(Files, BadPathsAndFoldersInTheWayAreErrors) {
  EXPECT_THAT(WriteFiles(ListOf(Named("", "x")), DiskSecrets::kAllow, log_), FailsWith("marble.apply.file"));
  EXPECT_THAT(WriteFiles(ListOf(Named(At("a") + std::string("\0b", 2), "x")), DiskSecrets::kAllow, log_),
              FailsWith("marble.apply.file"));
  ASSERT_OK(CreateFolder(At("folder")));
  EXPECT_THAT(WriteFiles(ListOf(Named(At("folder"), "x")), DiskSecrets::kAllow, log_), FailsWith("marble.apply.file"));
  ASSERT_OK(ReplaceFile(At("file"), AsBytes("x")));
  EXPECT_THAT(WriteFiles(ListOf(Named(At("file/below"), "x")), DiskSecrets::kAllow, log_),
              FailsWith("marble.apply.file"));
}

TEST(MemoryBacked, KnowsTmpfs) {
  const int fd = ::open("/dev/shm", O_PATH | O_CLOEXEC);
  if (fd < 0) GTEST_SKIP() << "no /dev/shm";
  EXPECT_TRUE(IsMemoryBacked(fd));
  ::close(fd);
  const int proc = ::open("/proc", O_PATH | O_CLOEXEC);
  EXPECT_FALSE(IsMemoryBacked(proc));
  ::close(proc);
}

TEST(Environment, RefusesBadNamesAndNul) {
  EXPECT_THAT(CheckEnvironment(ListOf(Named("", "x"))), FailsWith("marble.apply.env"));
  EXPECT_THAT(CheckEnvironment(ListOf(Named("A=B", "x"))), FailsWith("marble.apply.env"));
  EXPECT_THAT(CheckEnvironment(ListOf(Named(std::string("A\0B", 3), "x"))), FailsWith("marble.apply.env"));
  const auto nul = CheckEnvironment(ListOf(Named("GOOD", "x"), Named("KEY", std::string_view("sec\0ret", 7))));
  ASSERT_THAT(nul, FailsWith("marble.apply.env"));
  EXPECT_THAT(nul.error().message(), HasSubstr("KEY"));
  EXPECT_THAT(nul.error().message(), ::testing::Not(HasSubstr("sec")));
  EXPECT_OK(CheckEnvironment(ListOf(Named("A b.c-d", ""))));
}

TEST(Environment, SetsAllOrNothing) {
  EXPECT_THAT(SetEnvironment(ListOf(Named("STEELIE_TEST_A", "1"), Named("", "2"))), FailsWith("marble.apply.env"));
  EXPECT_EQ(std::getenv("STEELIE_TEST_A"), nullptr);
  ASSERT_OK(SetEnvironment(ListOf(Named("STEELIE_TEST_A", "1"), Named("STEELIE_TEST_B", ""))));
  EXPECT_STREQ(std::getenv("STEELIE_TEST_A"), "1");
  EXPECT_STREQ(std::getenv("STEELIE_TEST_B"), "");
}

std::vector<std::string> Entries(EnvironmentBlock& block) {
  std::vector<std::string> out;
  for (char* const* at = block.pointers(); *at != nullptr; ++at) out.emplace_back(*at);
  return out;
}

TEST(Environment, TheMarblesVariablesWin) {
  const std::array own = {"A=own", "B=own", "EDG_X=1", static_cast<const char*>(nullptr)};
  const auto env = ListOf(Named("A", "manifest"), Named("C", "x=y"));
  EnvironmentBlock block(own.data(), {}, env);
  EXPECT_THAT(Entries(block), ElementsAre("B=own", "EDG_X=1", "A=manifest", "C=x=y"));
  EXPECT_EQ(block.longest(), std::string("A=manifest").size() + 1);
}

TEST(Environment, KeepsOnlyWhatIsAskedFor) {
  const std::array own = {"LD_PRELOAD=evil.so", "PATH=/bin", "EDG_X=1", static_cast<const char*>(nullptr)};
  EnvironmentBlock block(own.data(), {{{"PATH"}}}, {});
  EXPECT_THAT(Entries(block), ElementsAre("PATH=/bin", "EDG_X=1"));
}

}  // namespace
}  // namespace steelie::marble
