#include "marble/program.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;

class Programs : public ::testing::Test {
 protected:
  void Write(const std::string& name, std::string_view content, mode_t mode = 0755) {
    ASSERT_OK(ReplaceFile(folder_.path() / name, AsBytes(content)));
    ASSERT_EQ(::chmod((folder_.path() / name).c_str(), mode), 0);
  }

  // The exit code of the program, started in a child.
  static int Run(const Program& program, const std::vector<std::string>& argv) {
    const std::array own = {"CODE=5", static_cast<const char*>(nullptr)};
    EnvironmentBlock environment(own.data(), {}, {});
    const pid_t child = ::fork();
    if (child == 0) {
      (void)program.Execute(argv, environment);
      ::_exit(99);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  steelie::testing::TempFolder folder_;
};

TEST_F(Programs, AreFoundInPathInOrder) {
  ASSERT_OK(CreateFolder(folder_.path() / "a"));
  ASSERT_OK(CreateFolder(folder_.path() / "b"));
  Write("a/tool", "not executable", 0644);
  Write("b/tool", "#!/bin/sh\n");
  const std::string path = (folder_.path() / "a").string() + ":" + (folder_.path() / "b").string();
  ASSERT_OK_AND_ASSIGN(const Program found, Program::Find("tool", path));
  EXPECT_EQ(found.path(), folder_.path() / "b/tool");
  EXPECT_THAT(Program::Find("tool", (folder_.path() / "a").string()), FailsWith("marble.program"));
  EXPECT_THAT(Program::Find("", path), FailsWith("marble.program"));
  EXPECT_THAT(Program::Find(folder_.path().string(), path), FailsWith("marble.program")) << "a folder";
  EXPECT_THAT(Program::Find((folder_.path() / "a/tool").string(), path), FailsWith("marble.program"));
  EXPECT_OK(Program::Find("sh", std::nullopt));
}

TEST_F(Programs, RunWithTheirArgumentsAndEnvironment) {
  Write("script", "#!/bin/sh\n[ \"$1\" = 'a b' ] && [ -z \"$2\" ] && exit $CODE\nexit 1\n");
  ASSERT_OK_AND_ASSIGN(Program script, Program::Find((folder_.path() / "script").string(), ""));
  EXPECT_EQ(Run(script, {"name", "a b", ""}), 5);
  ASSERT_OK(script.Measure());
  EXPECT_EQ(Run(script, {"name", "a b", ""}), 5) << "a measured script";
  ASSERT_OK_AND_ASSIGN(Program binary, Program::Find("sh", std::nullopt));
  ASSERT_OK(binary.Measure());
  EXPECT_EQ(Run(binary, {"sh", "-c", "exit $CODE"}), 5) << "a measured binary";
}

TEST_F(Programs, WhatWasMeasuredIsWhatRuns) {
  const std::string path = (folder_.path() / "script").string();
  Write("script", "#!/bin/sh\nexit 3\n");
  ASSERT_OK_AND_ASSIGN(Program program, Program::Find(path, ""));
  ASSERT_OK_AND_ASSIGN(const Sha256Digest digest, program.Measure());
  EXPECT_EQ(digest, Sha256(AsBytes("#!/bin/sh\nexit 3\n")));
  Write("script", "#!/bin/sh\nexit 4\n");
  EXPECT_EQ(Run(program, {path}), 3);
  ASSERT_OK_AND_ASSIGN(const Program unmeasured, Program::Find(path, ""));
  EXPECT_EQ(Run(unmeasured, {path}), 4);
}

TEST_F(Programs, SayWhyTheyCannotRun) {
  Write("broken", "neither binary nor script");
  ASSERT_OK_AND_ASSIGN(const Program broken, Program::Find((folder_.path() / "broken").string(), ""));
  const std::array own = {static_cast<const char*>(nullptr)};
  EnvironmentBlock environment(own.data(), {}, {});
  EXPECT_EQ(broken.Execute({"broken"}, environment).reason(), "marble.exec");

  std::vector<NamedSecret> env;
  env.push_back({"LARGE", ParameterValue(Bytes(300'000, 'x'))});
  EnvironmentBlock large(own.data(), {}, env);
  ASSERT_OK_AND_ASSIGN(const Program shell, Program::Find("sh", std::nullopt));
  EXPECT_THAT(shell.Execute({"sh", "-c", "exit 0"}, large).message(), ::testing::HasSubstr("300007 bytes"));
}

}  // namespace
}  // namespace steelie::marble
