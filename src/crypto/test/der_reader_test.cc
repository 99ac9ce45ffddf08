#include "crypto/der_reader.h"

#include <gtest/gtest.h>

namespace steelie::der {
namespace {

TEST(DerReader, ReadsWhatTheWriterWrites) {
  const Bytes bytes = Sequence({Oid("1.2.840.113741.1.13.1"), Integer(300), OctetString(Bytes(200, 7)), Boolean(true)});
  DerReader outer(bytes);
  DerReader in = outer.Sequence();
  EXPECT_TRUE(outer.AtEnd());
  EXPECT_TRUE(PublicEqual(in.Oid(), OidContent("1.2.840.113741.1.13.1")));
  EXPECT_EQ(in.Unsigned(), 300U);
  EXPECT_EQ(in.OctetString().size(), 200U);
  EXPECT_TRUE(in.More());
  EXPECT_TRUE(in.Boolean());
  EXPECT_TRUE(in.AtEnd());
}

TEST(DerReader, StaysFailed) {
  const Bytes bytes = Concat({Integer(1), Integer(2)});
  DerReader in(bytes);
  EXPECT_TRUE(in.OctetString().empty());
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.Unsigned(), 0U);
  EXPECT_FALSE(in.AtEnd());
}

struct BadCase {
  const char* name;
  Bytes bytes;
};

TEST(DerReader, RefusesWhatIsNotDer) {
  const std::vector<BadCase> cases = {
      {"empty", {}},
      {"only a tag", {0x04}},
      {"indefinite length", {0x04, 0x80, 0, 0}},
      {"long form for a short length", {0x04, 0x81, 0x01, 0x07}},
      {"leading zero in the length", {0x04, 0x82, 0x00, 0x81}},
      {"five length octets", {0x04, 0x85, 0, 0, 0, 0, 1, 7}},
      {"length beyond the end", {0x04, 0x02, 0x07}},
      {"length that overflows", {0x04, 0x84, 0xff, 0xff, 0xff, 0xff}},
  };
  for (const BadCase& c : cases) {
    DerReader in(c.bytes);
    in.OctetString();
    EXPECT_FALSE(in.ok()) << c.name;
  }
}

TEST(DerReader, RefusesIntegersThatAreNotCanonical) {
  const std::vector<BadCase> cases = {
      {"empty", {0x02, 0x00}},
      {"negative", {0x02, 0x01, 0x80}},
      {"leading zero", {0x02, 0x02, 0x00, 0x01}},
      {"nine bytes", {0x02, 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
  };
  for (const BadCase& c : cases) {
    DerReader in(c.bytes);
    EXPECT_EQ(in.Unsigned(), 0U) << c.name;
    EXPECT_FALSE(in.ok()) << c.name;
  }
  const Bytes largest{0x02, 0x09, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  DerReader in(largest);
  EXPECT_EQ(in.Unsigned(), ~std::uint64_t{0});
  EXPECT_TRUE(in.AtEnd());
}

TEST(DerReader, RefusesOtherBooleans) {
  for (const Bytes& bytes : {Bytes{0x01, 0x01, 0x01}, Bytes{0x01, 0x00}, Bytes{0x01, 0x02, 0xff, 0xff}}) {
    DerReader in(bytes);
    EXPECT_FALSE(in.Boolean());
    EXPECT_FALSE(in.ok());
  }
}

}  // namespace
}  // namespace steelie::der
