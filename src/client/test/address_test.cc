#include "client/address.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;

TEST(Address, ReadsNamesAndIpAddresses) {
  ASSERT_OK_AND_ASSIGN(const Address name, ParseAddress("coordinator-client-api.marblerun:4433"));
  EXPECT_EQ(name.host, "coordinator-client-api.marblerun");
  EXPECT_EQ(name.port, "4433");
  EXPECT_EQ(name.ToString(), "coordinator-client-api.marblerun:4433");
  ASSERT_OK_AND_ASSIGN(const Address v4, ParseAddress("127.0.0.1:1"));
  EXPECT_EQ(v4.ToString(), "127.0.0.1:1");
  ASSERT_OK_AND_ASSIGN(const Address v6, ParseAddress("[::1]:65535"));
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.ToString(), "[::1]:65535");
}

TEST(Address, RefusesEverythingElse) {
  for (const char* bad : {"", ":", "host", "host:", ":4433", "host:0", "host:65536", "host:http", "https://host:4433",
                          "host:4433/", "::1:4433", "[::1]", "[host]:1", "ho st:1", "host\n:1", "host:123456"}) {
    EXPECT_THAT(ParseAddress(bad), FailsWith("client.address")) << bad;
  }
}

}  // namespace
}  // namespace steelie::client
