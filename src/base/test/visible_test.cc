#include "base/visible.h"

#include <gtest/gtest.h>

namespace steelie {
namespace {

TEST(Visible, LeavesOrdinaryText) {
  for (const char* text : {"", "plain, \"quoted\" \\", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc2\xa0"}) {
    EXPECT_EQ(Visible(text), text);
    EXPECT_EQ(Visible(text, VisibleForm::kText), text);
    EXPECT_EQ(Visible(text, VisibleForm::kJson), text);
  }
}

TEST(Visible, ShowsWhatSteersATerminal) {
  EXPECT_EQ(Visible("a\x1b[2J\r\x7f"), "a\\x1b[2J\\x0d\\x7f");
  EXPECT_EQ(Visible(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Visible("\xc2\x9b"
                    "2J\xc2\x80\xc2\x9f"),
            "\\u009b2J\\u0080\\u009f");  // C1
  EXPECT_EQ(Visible("\xe2\x80\xae"
                    "a\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c"),
            "\\u202ea\\u2066\\u200f\\u061c");
  EXPECT_EQ(Visible("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");
}

TEST(Visible, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(Visible("\x9b"
                    "2J"),
            "\\x9b2J");                                   // C1 to an 8-bit terminal
  EXPECT_EQ(Visible("\xc3"), "\\xc3");                    // cut off
  EXPECT_EQ(Visible("\xc0\x9b"), "\\xc0\\x9b");           // overlong
  EXPECT_EQ(Visible("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");  // overlong
  EXPECT_EQ(Visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
}

TEST(Visible, LineBreaksStayInText) {
  EXPECT_EQ(Visible("a\n\tb"), "a\\n\\tb");
  EXPECT_EQ(Visible("a\n\tb\r", VisibleForm::kText), "a\n\tb\\x0d");
}

TEST(Visible, JsonKeepsItsMeaning) {
  EXPECT_EQ(Visible("{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xff\"}\n", VisibleForm::kJson),
            "{\"a\":\"\\u009b\\u007f\\u202e\\ufffd\"}\n");
  std::string out;
  AppendQuoted(out, "a\"\\\n\t\x01\xc2\x9b");
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\t\\u0001\\u009b\"");
}

}  // namespace
}  // namespace steelie
