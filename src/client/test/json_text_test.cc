#include "client/json_text.h"

#include <gtest/gtest.h>

namespace steelie::client {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonText, EscapesAsGoDoes) {
  EXPECT_EQ(Quoted("a\"\\\n\r\t\b\f\x01/\x7f"), "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001/\x7f\"");
  EXPECT_EQ(Quoted("<a&b>"), "\"\\u003ca\\u0026b\\u003e\"");
  EXPECT_EQ(Quoted("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
  EXPECT_EQ(Quoted("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
}

TEST(JsonText, ReplacesInvalidUtf8) {
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80"}) {
    EXPECT_TRUE(Quoted(bad).starts_with("\"\xef\xbf\xbd")) << bad;
  }
}

TEST(JsonText, BuildsObjects) {
  EXPECT_EQ(JsonObject().Text(), "{}");
  EXPECT_EQ(JsonObject()
                .Add("a", "x\"")
                .Add("b", std::uint64_t{7})
                .Add("c", true)
                .Add("d", std::vector<std::string>{"p", "q"})
                .AddNull("e")
                .AddRaw("f", "{}")
                .Text(),
            R"({"a":"x\"","b":7,"c":true,"d":["p","q"],"e":null,"f":{}})");
}

}  // namespace
}  // namespace steelie::client
