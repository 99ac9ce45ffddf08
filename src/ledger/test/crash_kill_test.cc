// A process that writes without pause is killed at random instants, again and again over the same directory.

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "ledger/sqlite/sqlite_store.h"
#include "ledger/test/harness.h"

namespace steelie::ledger {
namespace {

using steelie::testing::InsecureSeededRandom;
using testing::KeyOf;

struct Child {
  pid_t pid = 0;
  int output = -1;
};

Child Start(const std::string& directory) {
  const char* program = std::getenv("LEDGER_CRASH_CHILD");
  int ends[2] = {-1, -1};
  if (program == nullptr || ::pipe(ends) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(program, program, directory.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

// Everything the child says, until it was killed after `milliseconds` and the pipe is empty.
std::string RunAndKill(const Child& child, int milliseconds) {
  std::string said;
  char buffer[4096];
  bool killed = false;
  timespec begin{};
  ::clock_gettime(CLOCK_MONOTONIC, &begin);
  for (;;) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const long elapsed = (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000;
    if (!killed && elapsed >= milliseconds) {
      ::kill(child.pid, SIGKILL);
      killed = true;
    }
    pollfd poll{child.output, POLLIN, 0};
    const int timeout = killed ? 5000 : static_cast<int>(milliseconds - elapsed);
    if (::poll(&poll, 1, timeout) <= 0) continue;
    const ssize_t n = ::read(child.output, buffer, sizeof buffer);
    if (n <= 0) break;
    said.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(child.output);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with status " << status;
  return said;
}

TEST(CrashKill, LeavesThePreviousOrTheNextState) {
  const testing::TempDir dir;
  const std::string path = dir / "seal";
  InsecureSeededRandom random(1);
  const unsigned seed = std::random_device{}();
  std::mt19937 generator(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 60; ++round) {
    const Child child = Start(path);
    ASSERT_GT(child.pid, 0) << "LEDGER_CRASH_CHILD must name the child program";
    std::istringstream said(RunAndKill(child, static_cast<int>(generator() % 60)));
    std::uint64_t attempted = acknowledged;
    for (std::string what; said >> what;) {
      std::uint64_t sequence = 0;
      said >> sequence;
      (what == "has" ? acknowledged : attempted) = sequence;
    }
    attempted = std::max(attempted, acknowledged);

    auto store = SqliteStore::Open(path, {});
    ASSERT_TRUE(store.has_value()) << store.error().ToString();
    std::uint64_t folded = 0;
    const auto ledger = Ledger::Open(std::move(*store), KeyOf(1), random,
                                     {{}, [&](std::uint64_t sequence, ByteView event) {
                                        folded = sequence;
                                        EXPECT_TRUE(AsText(event).starts_with("e" + std::to_string(sequence)));
                                        return Ok();
                                      }});
    if (!ledger) {
      ASSERT_EQ(ledger.error().reason(), "ledger.none") << ledger.error().ToString();
      ASSERT_EQ(acknowledged, 0U);
      continue;
    }
    const std::uint64_t last = (*ledger)->tail().sequence;
    ASSERT_TRUE(last == attempted || last == acknowledged)
        << "acknowledged " << acknowledged << ", attempted " << attempted << ", found " << last;
    ASSERT_TRUE(folded == 0 || folded == last);
    acknowledged = last;
  }
  EXPECT_GT(acknowledged, 100U);
}

}  // namespace
}  // namespace steelie::ledger
