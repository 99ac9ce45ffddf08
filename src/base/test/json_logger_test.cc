#include "base/json_logger.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"

namespace steelie {
namespace {

class JsonLoggerTest : public ::testing::Test {
 protected:
  JsonLogger Make(JsonLogger::Options options = {}) {
    return JsonLogger(options, clock_, [this](std::string_view line) { lines_.emplace_back(line); });
  }
  testing::FakeClock clock_;
  std::vector<std::string> lines_;
};

TEST_F(JsonLoggerTest, OneObjectALine) {
  JsonLogger logger = Make();
  const std::string line = std::to_string(__LINE__ + 1);
  logger.Info("hello \"x\"\n", {{"text", "a\\b\x01"}, {"n", 3}, {"big", ~std::uint64_t{0}}, {"flag", true}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "{\"level\":\"info\",\"ts\":1767323045.000000,\"caller\":\"test/json_logger_test.cc:" + line +
                           "\",\"msg\":\"hello \\\"x\\\"\\n\",\"text\":\"a\\\\b\\u0001\","
                           "\"n\":3,\"big\":18446744073709551615,\"flag\":true}\n");
}

TEST_F(JsonLoggerTest, NothingSteersATerminal) {
  JsonLogger logger = Make({.console = true});
  logger.Info("a\x1b[2J\n", {{"v", "\xc2\x9b\xe2\x80\xae"}});
  EXPECT_TRUE(lines_.at(0).ends_with("\ta\\x1b[2J\\n\tv=\"\\u009b\\u202e\"\n")) << lines_[0];
}

TEST_F(JsonLoggerTest, LevelIsAFloor) {
  JsonLogger logger = Make({.level = LogLevel::kWarn});
  logger.Info("no");
  logger.Warn("yes");
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(JsonLoggerTest, EqualMessagesAreSampledPerSecond) {
  JsonLogger logger = Make();
  for (int i = 0; i < 1000; ++i) logger.Info("same", {{"i", i}});
  EXPECT_EQ(lines_.size(), 109U);
  clock_.Advance(std::chrono::seconds(1));
  logger.Info("same");
  EXPECT_EQ(lines_.size(), 110U);
}

TEST_F(JsonLoggerTest, LongValuesAreCut) {
  JsonLogger logger = Make({.console = true});
  logger.Info("m", {{"v", std::string(5000, 'x')}});
  EXPECT_LT(lines_.at(0).size(), 1200U);
}

std::string Logged(JsonLogger& logger, std::vector<std::string>& lines, const std::string& value) {
  logger.Log(LogLevel::kInfo, "m", {{"v", value}});
  const std::string line = lines.back();
  const std::string begin = "\"msg\":\"m\",\"v\":\"";
  return line.substr(line.find(begin) + begin.size(), line.size() - line.find(begin) - begin.size() - 3);
}

TEST_F(JsonLoggerTest, ValuesAreCutBetweenCharacters) {
  JsonLogger logger = Make();
  for (const std::string& character : {std::string("\u00e4"), std::string("\u20ac"), std::string("\U0001f512")}) {
    for (std::size_t before = 0; before < character.size(); ++before) {
      std::string value(before, 'x');
      while (value.size() <= 1024) value += character;
      const std::string got = Logged(logger, lines_, value);
      ASSERT_TRUE(got.ends_with("..."));
      const std::size_t kept = got.size() - 3;
      EXPECT_LE(kept, 1024U);
      EXPECT_GT(kept, 1024U - character.size());
      EXPECT_EQ((kept - before) % character.size(), 0U) << "a character was cut";
    }
  }
  EXPECT_EQ(Logged(logger, lines_, std::string(1024, 'x')), std::string(1024, 'x'));
}

TEST_F(JsonLoggerTest, BytesThatAreNoTextAreReplaced) {
  JsonLogger logger = Make();
  for (const auto& [hostile, expected] : {
           std::pair<std::string, std::string>{"a\xff"
                                               "b",
                                               "a\\ufffdb"},
           {"\xc3", "\\ufffd"},                                   // cut off
           {"\xc3(", "\\ufffd("},                                 // not continued
           {"\xc0\xaf", "\\ufffd\\ufffd"},                        // overlong
           {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"},             // overlong
           {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},             // surrogate
           {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},  // beyond Unicode
           {"\x1b[31m\x7f\t\r", "\\u001b[31m\\u007f\\t\\u000d"},
           {std::string("\0", 1), "\\u0000"},
           {"\xc2\x9b"
            "31m",
            "\\u009b31m"},  // C1: the same as ESC [
           {"\xe2\x80\xa8", "\\u2028"},
           {"\u00e4\u20ac\U0001f512", "\u00e4\u20ac\U0001f512"},
       }) {
    EXPECT_EQ(Logged(logger, lines_, hostile), expected);
  }
}

TEST_F(JsonLoggerTest, PeopleGetNoControlCharactersEither) {
  JsonLogger logger = Make({.console = true});
  logger.Log(LogLevel::kInfo, "one\ntwo\x1b[2J", {{"v", "\xff\n"}});
  EXPECT_TRUE(lines_.at(0).ends_with("\tinfo\tone\\ntwo\\x1b[2J\tv=\"\\ufffd\\n\"\n")) << lines_.at(0);
}

}  // namespace
}  // namespace steelie
