#include "base/sip_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace steelie {
namespace {

// From the reference implementation: key 00 01 ... 0f, text 00 01 ... of the length.
TEST(SipHash, PublishedVectors) {
  const std::array<std::uint64_t, 2> key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string text;
  for (char c = 0; c < 15; ++c) text.push_back(c);
  EXPECT_EQ(SipHash(key, ""), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(SipHash(key, text.substr(0, 1)), 0x74f839c593dc67fdU);
  EXPECT_EQ(SipHash(key, text.substr(0, 8)), 0x93f5f5799a932462U);
  EXPECT_EQ(SipHash(key, text), 0xa129ca6149be45e5U);
}

TEST(SipHash, TablesOfOneProcessAgree) {
  EXPECT_EQ(TableHash("a"), TableHash("a"));
  EXPECT_NE(TableHash("a"), TableHash("b"));
}

}  // namespace
}  // namespace steelie
