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
  logger.Info("hello \"x\"\n", {{"text", "a\\b\x01"}, {"n", 3}, {"big", ~std::uint64_t{0}}, {"flag", true}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            "{\"level\":\"info\",\"ts\":1767323045.000000,\"msg\":\"hello \\\"x\\\"\\n\",\"text\":\"a\\\\b\\u0001\","
            "\"n\":3,\"big\":18446744073709551615,\"flag\":true}\n");
}

TEST_F(JsonLoggerTest, NothingSteersATerminal) {
  JsonLogger logger = Make({.console = true});
  logger.Info("a\x1b[2J\n", {{"v", "\xc2\x9b\xe2\x80\xae"}});
  EXPECT_TRUE(lines_.at(0).ends_with("\tinfo\ta\\x1b[2J\\n\tv=\"\\u009b\\u202e\"\n")) << lines_[0];
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

}  // namespace
}  // namespace steelie
