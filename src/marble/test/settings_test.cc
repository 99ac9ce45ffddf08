#include "marble/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <map>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "marble/log.h"
#include "marble/ttls_policy.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;
using ::testing::ElementsAre;

Lookup From(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  };
}

TEST(Settings, HaveDefaults) {
  ASSERT_OK_AND_ASSIGN(const Settings settings, ReadSettings(From({{"EDG_MARBLE_TYPE", "web"}}), {}));
  EXPECT_EQ(settings.marble_type, "web");
  EXPECT_EQ(settings.coordinator_address, "localhost:2001");
  EXPECT_EQ(settings.dns_names, "localhost");
  EXPECT_EQ(settings.uuid_file, "uuid");
}

TEST(Settings, ComeFromTheEnvironmentAndFlagsWin) {
  const Lookup lookup = From({{"EDG_MARBLE_TYPE", "web"},
                              {"EDG_MARBLE_COORDINATOR_ADDR", "coordinator:1"},
                              {"EDG_MARBLE_DNS_NAMES", "web.example"},
                              {"EDG_MARBLE_UUID_FILE", "/data/uuid"},
                              {"EDG_CWD", "/srv/app"}});
  ASSERT_OK_AND_ASSIGN(Settings settings, ReadSettings(lookup, {}));
  EXPECT_EQ(settings.coordinator_address, "coordinator:1");
  EXPECT_EQ(settings.dns_names, "web.example");
  EXPECT_EQ(settings.uuid_file, "/data/uuid");
  ASSERT_OK_AND_ASSIGN(settings, ReadSettings(lookup, {"db", "other:2", "", ""}));
  EXPECT_EQ(settings.marble_type, "db");
  EXPECT_EQ(settings.coordinator_address, "other:2");
}

TEST(Settings, TheUuidFileIsInTheFolderNamed) {
  ASSERT_OK_AND_ASSIGN(const Settings settings,
                       ReadSettings(From({{"EDG_MARBLE_TYPE", "web"}, {"EDG_CWD", "/srv/app"}}), {}));
  EXPECT_EQ(settings.uuid_file, "/srv/app/uuid");
}

TEST(Settings, EmptyCountsAsUnset) {
  EXPECT_THAT(ReadSettings(From({{"EDG_MARBLE_TYPE", ""}}), {}), FailsWith("marble.settings"));
  const auto missing = ReadSettings(From({}), {});
  ASSERT_THAT(missing, FailsWith("marble.settings"));
  EXPECT_THAT(missing.error().message(), ::testing::HasSubstr("EDG_MARBLE_TYPE"));
  ASSERT_OK_AND_ASSIGN(const Settings settings,
                       ReadSettings(From({{"EDG_MARBLE_TYPE", "web"}, {"EDG_MARBLE_DNS_NAMES", ""}}), {}));
  EXPECT_EQ(settings.dns_names, "localhost");
}

TEST(Settings, JsonInAnyCase) {
  EXPECT_TRUE(WantsJsonLog(From({{"EDG_LOG_FORMAT", "JsOn"}})));
  EXPECT_FALSE(WantsJsonLog(From({{"EDG_LOG_FORMAT", "text"}})));
  EXPECT_FALSE(WantsJsonLog(From({})));
}

TEST(Ttls, NamesConnectionsOnly) {
  ASSERT_OK_AND_ASSIGN(
      const auto lines,
      DescribeTtls(
          AsBytes(R"( {"tls": {"Incoming": {"*:1": {"clikey": "K\"EY"}, "*:2": {}}, "Outgoing": {"db:3": [1, -2.5e3,
        true, null, {"a": []}]}}, "other": 5} )")));
  EXPECT_THAT(lines, ElementsAre("TTLS config", "  Incoming", "    *:1", "    *:2", "  Outgoing", "    db:3"));
  ASSERT_OK_AND_ASSIGN(const auto outgoing, DescribeTtls(AsBytes(R"({"tls":{"Incoming":{},"Outgoing":{"a:1":{}}}})")));
  EXPECT_THAT(outgoing, ElementsAre("TTLS config", "  Outgoing", "    a:1"));
}

TEST(Ttls, MalformedOrEmptyIsRefused) {
  for (const char* bad :
       {"", "{", "{}", "null", "[]", "{\"tls\":{}", "{\"tls\":{}} x", "{\"tls\":[]}", "{\"tls\":{\"Incoming\":1}}",
        "{\"tls\":{},}", "{\"tls\" {}}", "{\"tls\":{\"Incoming\":{\"a\":nope}}}", "{\"tls\":{\"a\":{\"b\":\"c}}}"}) {
    EXPECT_THAT(DescribeTtls(AsBytes(bad)), FailsWith("marble.ttls")) << bad;
  }
  const std::string deep = "{\"x\":" + std::string(100'000, '[');
  EXPECT_THAT(DescribeTtls(AsBytes(deep)), FailsWith("marble.ttls"));
}

std::string Logged(bool json, LogLevel level, std::string_view message, std::vector<LogField> fields = {}) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const steelie::testing::FakeClock clock;
  StartLog log(ends[1], json, clock);
  log.Log(level, message, std::move(fields));
  std::string out(1000, '\0');
  const ssize_t n = ::read(ends[0], out.data(), out.size());
  out.resize(static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::close(ends[1]);
  return out;
}

TEST(StartLog, NothingSteersATerminal) {
  const std::string file = "the file a\x1b[2J\n\xc2\x9b\xe2\x80\xae";
  EXPECT_THAT(Logged(false, LogLevel::kWarn, file, {{"f", "\x1b"}}),
              ::testing::EndsWith(" warning: the file a\\x1b[2J\\n\\u009b\\u202e f=\\x1b\n"));
  EXPECT_THAT(Logged(true, LogLevel::kWarn, file), ::testing::HasSubstr("a\\u001b[2J\\n\\u009b\\u202e\""));
}

TEST(StartLog, LooksAsOperatorsKnowIt) {
  EXPECT_THAT(Logged(false, LogLevel::kInfo, "starting PreMain"),
              ::testing::MatchesRegex(R"(\[PreMain\] [0-9]+/[0-9]+/[0-9]+ [0-9:]+ starting PreMain
)"));
  EXPECT_EQ(Logged(true, LogLevel::kInfo, "a \"b\"\n", {{"n", 1}}),
            "{\"level\":\"info\",\"ts\":1767323045.000,\"msg\":\"[PreMain] a \\\"b\\\"\\n\",\"n\":\"1\"}\n");
}

}  // namespace
}  // namespace steelie::marble
