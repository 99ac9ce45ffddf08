#include "backup/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "backup/local_socket.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"

namespace steelie::backup {
namespace {

std::chrono::microseconds ProcessorTime() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

TEST(BackupServer, WaitsQuietlyWhileThereAreNoDescriptors) {
  const steelie::testing::TempFolder folder;
  NullLogger logger;
  const auto make = [](const std::string&, const BackupServer::Progress&) -> Result<LedgerCopy> {
    return Error(Code::kNotFound, "backup.no_ledger", "none");
  };
  const auto server = BackupServer::Open(folder.path().string(), make, logger);
  ASSERT_TRUE(server.has_value()) << server.error().ToString();

  const Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder.path() / kSocketFile;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const void* generic = &address;

  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  // The next descriptor would be this one; those that are open stay so.
  const rlim_t next = static_cast<rlim_t>(Fd(::dup(client.get())).get());
  const rlimit none{next, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const int connected = ::connect(client.get(), static_cast<const sockaddr*>(generic), sizeof(address));
  const auto before = ProcessorTime();
  SetTimeLimits(client, 1, 20);
  const bool taken = ReceiveExactly(client, 1).has_value();
  const auto used = ProcessorTime() - before;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_EQ(connected, 0);
  EXPECT_FALSE(taken);
  EXPECT_LT(used, std::chrono::milliseconds(100));

  // Now that there are some again, who waited is answered.
  SetTimeLimits(client, 20, 20);
  const std::array<std::uint8_t, 6> bad{};
  EXPECT_OK(SendAll(client, bad));
  EXPECT_TRUE(ReceiveExactly(client, 5).has_value());
}

}  // namespace
}  // namespace steelie::backup
