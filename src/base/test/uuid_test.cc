#include "base/uuid.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"

namespace steelie {
namespace {

constexpr const char* kCanonical = "00112233-4455-4677-8899-aabbccddeeff";

TEST(Uuid, AcceptsTheSpellingsOfExistingMarbles) {
  for (const char* text : {"00112233-4455-4677-8899-aabbccddeeff", "00112233-4455-4677-8899-AABBCCDDEEFF",
                           "urn:uuid:00112233-4455-4677-8899-aabbccddeeff",
                           "URN:Uuid:00112233-4455-4677-8899-aabbccddeeff", "{00112233-4455-4677-8899-aabbccddeeff}",
                           "x00112233-4455-4677-8899-aabbccddeeffy", "00112233445546778899aabbccddeeff"}) {
    ASSERT_OK_AND_ASSIGN(const Uuid id, Uuid::Parse(text));
    EXPECT_EQ(id.ToString(), kCanonical) << text;
  }
}

TEST(Uuid, RefusesEverythingElse) {
  for (const char* text : {"", "00112233-4455-4677-8899-aabbccddeef", "00112233-4455-4677-8899-aabbccddeeff\n",
                           "00112233x4455-4677-8899-aabbccddeeff", "0011223g-4455-4677-8899-aabbccddeeff",
                           "urn:uuix:00112233-4455-4677-8899-aabbccddeeff", "001122334455467788-99aabbccddeeff",
                           "0011223344554677-8899aabbccddeeff"}) {
    EXPECT_THAT(Uuid::Parse(text), testing::FailsWith("uuid.syntax")) << text;
  }
}

TEST(Uuid, GeneratesVersion4) {
  testing::InsecureSeededRandom random(1);
  const std::string a = Uuid::Generate(random).ToString();
  EXPECT_EQ(a[14], '4');
  EXPECT_NE(std::string("89ab").find(a[19]), std::string::npos);
  EXPECT_NE(a, Uuid::Generate(random).ToString());
}

TEST(Uuid, KnowsNil) {
  EXPECT_TRUE(Uuid().IsNil());
  ASSERT_OK_AND_ASSIGN(const Uuid id, Uuid::Parse(kCanonical));
  EXPECT_FALSE(id.IsNil());
}

}  // namespace
}  // namespace steelie
