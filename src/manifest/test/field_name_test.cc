#include "manifest/field_name.h"

#include <gtest/gtest.h>

#include <array>

namespace steelie::manifest {
namespace {

TEST(FieldName, FoldsAsUnicodeDoes) {
  EXPECT_TRUE(SameField("packages", "Packages"));
  EXPECT_TRUE(SameField("PACKAGES", "Packages"));
  EXPECT_TRUE(SameField("Package\u017f", "Packages"));  // long s
  EXPECT_TRUE(
      SameField("pac\u212a"
                "ages",
                "Packages"));  // Kelvin sign
  EXPECT_FALSE(SameField("Package", "Packages"));
  EXPECT_FALSE(SameField("Packagess", "Packages"));
  EXPECT_FALSE(SameField("Pack\u00e4ges", "Packages"));
  EXPECT_FALSE(SameField("", "Packages"));
  EXPECT_FALSE(SameField("\u0131d", "ID"));  // dotless i is a letter of its own
  EXPECT_FALSE(SameField("Package\xc5", "Packages"));
}

TEST(FieldName, SuggestsWhatIsNear) {
  constexpr std::array<std::string_view, 4> kNames = {"AcceptedTCBStatuses", "AcceptedAdvisories", "UniqueID", "Debug"};
  EXPECT_EQ(NearestName("AcceptedAdivsories", kNames), "AcceptedAdvisories");
  EXPECT_EQ(NearestName("uniqueId", kNames), "UniqueID");
  EXPECT_EQ(NearestName("Debuq", kNames), "Debug");
  EXPECT_EQ(NearestName("Banana", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), kNames), "");
  EXPECT_EQ(SuggestName("Debuq", kNames), "; did you mean `Debug`?");
  EXPECT_EQ(SuggestName("Banana", kNames),
            "; known are `AcceptedTCBStatuses`, `AcceptedAdvisories`, `UniqueID` and `Debug`");
}

}  // namespace
}  // namespace steelie::manifest
