#include "api/net/peer.h"

#include <gtest/gtest.h>

namespace steelie::api::net {
namespace {

TEST(Peer, IsAnAddressOrAnIPv6Network) {
  const auto peer = [](const char* address) { return PeerOf(boost::asio::ip::make_address(address)); };
  EXPECT_EQ(peer("192.0.2.1"), peer("::ffff:192.0.2.1"));
  EXPECT_NE(peer("192.0.2.1"), peer("192.0.2.2"));
  EXPECT_EQ(peer("2001:db8::1"), peer("2001:db8::ffff:2"));
  EXPECT_NE(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace steelie::api::net
