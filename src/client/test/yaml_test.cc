#include "client/yaml.h"

#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;

std::string Json(std::string_view yaml) {
  const Result<ConvertedYaml> out = YamlToJson(yaml);
  return out ? out->json : "error: " + out.error().message();
}

TEST(Yaml, ConvertsToCompactSortedJson) {
  EXPECT_EQ(Json("b: 1\na:\n  - x\n  - true\n  - null\n  - ~\nc: {e: -5, d: \"q\"}\n"),
            R"({"a":["x",true,null,null],"b":1,"c":{"d":"q","e":-5}})");
  EXPECT_EQ(Json("a:\n"), R"({"a":null})");
  EXPECT_EQ(Json("a: |\n  line <1>\n  line 2\n"), R"({"a":"line \u003c1\u003e\nline 2\n"})");
  EXPECT_EQ(Json("a: TRUE\nb: 'true'\nc: !!str 5\nx: tRue\n"), R"({"a":true,"b":"true","c":"5","x":"tRue"})");
}

TEST(Yaml, KeepsTextThatOnlyResemblesNumbers) {
  EXPECT_EQ(Json("a: 1.2.3-x\nb: v1\nc: 10.0.0.1/8\nx: 1st\ne: deadbeef\n"),
            R"({"a":"1.2.3-x","b":"v1","c":"10.0.0.1/8","e":"deadbeef","x":"1st"})");
}

TEST(Yaml, RefusesWhatReadersUnderstandDifferently) {
  for (const char* bad :
       {"a: yes",   "a: No",   "a: on",    "a: OFF",  "a: y",       "yes: 1",           "a: 012",
        "a: 0x1f",  "a: 0o7",  "a: 1.10",  "a: 1e3",  "a: +5",      "a: 1_000",         "a: 2024-01-01",
        "a: 12:30", "a: .inf", "a: -.INF", "a: .nan", "<<: {b: 1}", "a: !!binary YQ==", "a: 99999999999999999999"}) {
    EXPECT_THAT(YamlToJson(bad), FailsWith("client.yaml")) << bad;
  }
}

TEST(Yaml, RefusesDuplicateKeys) {
  EXPECT_EQ(Json("a: 1\nb: 2\na: 3\n"), "error: 3:1: the key `a` stands twice");
  EXPECT_THAT(YamlToJson("x: {k: 1, k: 1}"), FailsWith("client.yaml"));
}

TEST(Yaml, RefusesMalformedEmptyAndSeveralDocuments) {
  for (const char* bad : {"", "a: [1", "\t- x", "a: b: c", "a: 1\n---\nb: 2\n", "? [a]\n: 1", "a: &x *x", "%"}) {
    EXPECT_FALSE(YamlToJson(bad).has_value()) << bad;
  }
}

TEST(Yaml, IsBounded) {
  EXPECT_THAT(YamlToJson(std::string(100, '[') + std::string(100, ']')), FailsWith("client.yaml"));
  EXPECT_FALSE(YamlToJson(std::string(100000, '[')).has_value());
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string p = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + p;
    for (int k = 0; k < 9; ++k) bomb += "," + p;
    bomb += "]\n";
  }
  EXPECT_THAT(YamlToJson(bomb), FailsWith("client.yaml"));
}

TEST(Yaml, RemembersPositions) {
  ASSERT_OK_AND_ASSIGN(const ConvertedYaml yaml, YamlToJson("Packages:\n  a/b:\n    Debug: true\n"));
  EXPECT_EQ(yaml.positions.at("/Packages/a~1b/Debug"), (manifest::Position{3, 12}));
}

}  // namespace
}  // namespace steelie::client
