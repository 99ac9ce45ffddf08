// The parts that are easier to judge alone than through a template: numbers, quoting, floating-point text, times.

#include <gtest/gtest.h>

#include "gotemplate/float_text.h"
#include "gotemplate/number.h"
#include "gotemplate/quote.h"
#include "gotemplate/time_text.h"

namespace steelie::gotemplate {
namespace {

TEST(Number, Integers) {
  EXPECT_EQ(ParseNumber("0x_ff", false)->integer, 255);
  EXPECT_EQ(ParseNumber("-017", false)->integer, -15);
  EXPECT_EQ(ParseNumber("-9223372036854775808", false)->integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseNumber("18446744073709551615", false)->kind, Number::Kind::kTooLarge);
  for (const char* bad : {"08", "0x", "1__2", "_1", "1_", "18446744073709551616", "-9223372036854775809", "+", "0b2"}) {
    EXPECT_FALSE(ParseNumber(bad, false).has_value()) << bad;
  }
}

TEST(Number, Floats) {
  EXPECT_EQ(ParseNumber("0x1.8p1", false)->real, 3.0);
  EXPECT_EQ(ParseNumber("1e-400", false)->real, 0.0);
  EXPECT_EQ(ParseNumber("0x1p-2000", false)->real, 0.0);
  EXPECT_EQ(ParseNumber("5e-324", false)->real, 5e-324);
  EXPECT_EQ(ParseNumber("08e0", false)->real, 8.0);
  for (const char* bad : {"1e400", "0x1.8", "0x1p2000", "1e", "e5", ".", "0x.p1"}) {
    EXPECT_FALSE(ParseNumber(bad, false).has_value()) << bad;
  }
}

TEST(Number, Complex) {
  EXPECT_EQ(ParseNumber("0123i", false)->imaginary, 123.0);
  const auto sum = ParseNumber("1e+2-3.5i", true);
  ASSERT_TRUE(sum.has_value());
  EXPECT_EQ(sum->real, 100.0);
  EXPECT_EQ(sum->imaginary, -3.5);
}

TEST(Quote, RoundTrips) {
  SecretBuffer out;
  AppendQuoted(&out, "a\"\\\n\x01\xff\xc3\xa9\xc2\xad", false);
  EXPECT_EQ(AsText(out), "\"a\\\"\\\\\\n\\x01\\xff\xc3\xa9\\u00ad\"");
  EXPECT_EQ(Unquote(AsText(out)).value(), "a\"\\\n\x01\xff\xc3\xa9\xc2\xad");
  EXPECT_EQ(Unquote("`a\r\n`").value(), "a\n");
  for (const char* bad : {"\"\\'\"", "\"\\400\"", "\"\\ud800\"", "\"\\x4\"", "\"a", "`"}) {
    EXPECT_FALSE(Unquote(bad).has_value()) << bad;
  }
}

TEST(FloatText, FollowsTheRuleForExponents) {
  EXPECT_EQ(FloatText(100000, 'g', -1), "100000");
  EXPECT_EQ(FloatText(1e6, 'g', -1), "1e+06");
  EXPECT_EQ(FloatText(0.0001, 'g', -1), "0.0001");
  EXPECT_EQ(FloatText(0.00001, 'g', -1), "1e-05");
  EXPECT_EQ(FloatText(1.0, 'x', -1), "0x1p+00");
  EXPECT_EQ(FloatText(1.0, 'b', -1), "4503599627370496p-52");
  EXPECT_EQ(FloatText(0.5, 'f', 0), "0");
}

TEST(TimeText, CalendarReachesBothEnds) {
  EXPECT_EQ(TimeText(Value::Time(FromDate(1, 1, 1)), "2006-01-02"), "0001-01-01");
  EXPECT_EQ(TimeText(Value::Time(FromDate(9999, 12, 31)), "Mon Jan _2 2006 002"), "Fri Dec 31 9999 365");
  EXPECT_EQ(TimeText(Value::Time(FromDate(2024, 14, 30)), "2006-01-02"), "2025-03-02");
  EXPECT_EQ(DurationText(3'661'500'000'000), "1h1m1.5s");
}

}  // namespace
}  // namespace steelie::gotemplate
