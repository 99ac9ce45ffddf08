#include "manifest/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace steelie::manifest {
namespace {

std::string Dump(JsonValue v) {
  std::string out;
  switch (v.kind()) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return v.boolean() ? "true" : "false";
    case JsonKind::kNumber:
      return std::string(v.text());
    case JsonKind::kString:
      return "<" + std::string(v.text()) + ">";
    case JsonKind::kArray:
      v.ForEachElement([&](JsonValue e) { out += (out.empty() ? "" : ",") + Dump(e); });
      return "[" + out + "]";
    case JsonKind::kObject:
      v.ForEachMember([&](JsonValue k, JsonValue e) { out += (out.empty() ? "" : ",") + Dump(k) + ":" + Dump(e); });
      return "{" + out + "}";
  }
  return out;
}

// The tree, or the reason, place and pointer of the first fault.
std::string Read(std::string_view text) {
  const auto outcome = JsonDocument::Parse(AsBytes(text));
  if (!outcome.faults.empty()) {
    const auto& fault = outcome.faults.front();
    const Position at = PositionCounter(AsBytes(text)).At(fault.offset);
    return fault.problem.reason + " " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
           fault.problem.pointer;
  }
  if (!outcome.document) return "neither document nor fault";
  return Dump(outcome.document->root());
}

TEST(Json, ReadsEveryKindOfValue) {
  EXPECT_EQ(Read(R"( {"a" : [ 1 , -0.5e+3, true,false ,null, "x", [], {} ] , "b":{"c":{}}} )"),
            "{<a>:[1,-0.5e+3,true,false,null,<x>,[],{}],<b>:{<c>:{}}}");
  EXPECT_EQ(Read("0"), "0");
  EXPECT_EQ(Read("\t\r\n\"\"\n"), "<>");
}

TEST(Json, KeepsTheTextOfNumbers) {
  for (const std::string_view number : {"18446744073709551616", "1.0", "1e2", "-0", "0.000", "1E-7"}) {
    EXPECT_EQ(Read(number), number);
  }
}

TEST(Json, DecodesEscapes) {
  EXPECT_EQ(Read(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00")"), "<\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600>");
  EXPECT_EQ(Read("\"\u00e9\u20ac\U0001F600\""), "<\u00e9\u20ac\U0001F600>");
}

TEST(Json, ReplacesBadUtf8AndLoneSurrogates) {
  EXPECT_EQ(Read("\"a\xff\xfe"
                 "b\""),
            "<a\ufffd\ufffd"
            "b>");
  EXPECT_EQ(Read("\"\xc0\xaf\""), "<\ufffd\ufffd>");                      // overlong
  EXPECT_EQ(Read("\"\xed\xa0\x80\""), "<\ufffd\ufffd\ufffd>");            // surrogate in UTF-8
  EXPECT_EQ(Read("\"\xf4\x90\x80\x80\""), "<\ufffd\ufffd\ufffd\ufffd>");  // above U+10FFFF
  EXPECT_EQ(Read("\"\xe2\x82\""), "<\ufffd\ufffd>");                      // cut short
  EXPECT_EQ(Read(R"("\ud800")"), "<\ufffd>");
  EXPECT_EQ(Read(R"("\udc00x")"), "<\ufffdx>");
  EXPECT_EQ(Read(R"("\ud800\u0041")"),
            "<\ufffd"
            "A>");
  EXPECT_EQ(Read(R"("\ud800\ud83d\ude00")"), "<\ufffd\U0001F600>");
}

TEST(Json, RefusesWhatIsNoJson) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "manifest.json.syntax 1:1 "},
      {"  ", "manifest.json.syntax 1:3 "},
      {"\xef\xbb\xbf{}", "manifest.json.bom 1:1 "},
      {"{} {}", "manifest.json.trailing 1:4 "},
      {"1 2", "manifest.json.trailing 1:3 "},
      {"{", "manifest.json.syntax 1:2 "},
      {"[", "manifest.json.syntax 1:2 "},
      {"{\"a\":1,}", "manifest.json.syntax 1:8 /a"},
      {"[1,]", "manifest.json.syntax 1:4 /0"},
      {"[1 2]", "manifest.json.syntax 1:4 /0"},
      {"[,1]", "manifest.json.syntax 1:2 "},
      {"[1}", "manifest.json.syntax 1:3 /0"},
      {"{\"a\":1]", "manifest.json.syntax 1:7 /a"},
      {"{a:1}", "manifest.json.syntax 1:2 "},
      {"{\"a\" 1}", "manifest.json.syntax 1:6 /a"},
      {"{\"a\":}", "manifest.json.syntax 1:6 /a"},
      {"{\"a\"}", "manifest.json.syntax 1:5 /a"},
      {"{1:2}", "manifest.json.syntax 1:2 "},
      {"{\"a\":{\"b\":[0,{\"c\":x}]}}", "manifest.json.syntax 1:19 /a/b/1/c"},
      {"// no\n1", "manifest.json.syntax 1:1 "},
      {"tru", "manifest.json.syntax 1:1 "},
      {"nulls", "manifest.json.trailing 1:5 "},
      {"01", "manifest.json.trailing 1:2 "},
      {"-", "manifest.json.syntax 1:2 "},
      {"+1", "manifest.json.syntax 1:1 "},
      {".5", "manifest.json.syntax 1:1 "},
      {"1.", "manifest.json.syntax 1:3 "},
      {"1e", "manifest.json.syntax 1:3 "},
      {"NaN", "manifest.json.syntax 1:1 "},
      {"'a'", "manifest.json.syntax 1:1 "},
      {"\"a", "manifest.json.syntax 1:1 "},
      {"\"a\nb\"", "manifest.json.syntax 1:3 "},
      {"\"\\x\"", "manifest.json.syntax 1:3 "},
      {"\"\\u12g4\"", "manifest.json.syntax 1:6 "},
      {"\"\\", "manifest.json.syntax 1:3 "},
      {"[\n  1,\n  \u00e9\n]", "manifest.json.syntax 3:3 /0"},
      {"\"\u00e9\" x", "manifest.json.trailing 1:5 "},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Read(text), expected) << text;
}

TEST(Json, RefusesNulBytes) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Read("{}\0"sv), "manifest.json.trailing 1:3 ");
  EXPECT_EQ(Read("\"\0\""sv), "manifest.json.syntax 1:2 ");
}

TEST(Json, ReportsAllDuplicateKeysAndKeepsTheDocument) {
  const std::string_view text = "{\"a\": 1, \"b/c\": [{\"x\": 1,\n \"\\u0078\": 2}], \"a\": 3, \"a\": 4, \"A\": 5}";
  const auto outcome = JsonDocument::Parse(AsBytes(text));
  ASSERT_TRUE(outcome.document);
  std::vector<std::string> pointers;
  for (const auto& fault : outcome.faults) {
    EXPECT_EQ(fault.problem.reason, "manifest.json.duplicate_key");
    pointers.push_back(fault.problem.pointer);
  }
  EXPECT_THAT(pointers, ::testing::ElementsAre("/b~1c/0/x", "/a", "/a"));
  EXPECT_EQ(PositionCounter(AsBytes(text)).At(outcome.faults[0].offset), (Position{2, 2}));
}

TEST(Json, BoundsDepth) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(Read(nested(64)), nested(64));
  EXPECT_THAT(Read(nested(65)), ::testing::StartsWith("manifest.json.depth 1:65 /0/0"));
  EXPECT_THAT(Read(std::string(1'000'000, '[')), ::testing::StartsWith("manifest.json.depth 1:65 /0/0"));
}

TEST(Json, BoundsSizeAndNumberOfValues) {
  std::string large(JsonDocument::kMaxSize, ' ');
  large[0] = '1';
  EXPECT_EQ(Read(large), "1");
  large += ' ';
  EXPECT_EQ(Read(large), "manifest.json.size 1:1 ");

  std::string many = "[0";
  for (std::size_t i = 2; i < JsonDocument::kMaxValues; ++i) many += ",0";
  EXPECT_TRUE(JsonDocument::Parse(AsBytes(many + "]")).document);
  const auto outcome = JsonDocument::Parse(AsBytes(many + ",0]"));
  EXPECT_FALSE(outcome.document);
  EXPECT_EQ(outcome.faults.at(0).problem.reason, "manifest.json.values");
}

TEST(Json, KnowsWhereKeysAndValuesStand) {
  const std::string_view text = "{\n  \"\u00e9\": [1,\n\"b\"],  \"k\": true}";
  const auto outcome = JsonDocument::Parse(AsBytes(text));
  ASSERT_TRUE(outcome.document);
  std::vector<Position> positions;
  PositionCounter counter(AsBytes(text));
  outcome.document->root().ForEachMember([&](JsonValue key, JsonValue value) {
    positions.push_back(counter.At(key.offset()));
    positions.push_back(counter.At(value.offset()));
  });
  EXPECT_EQ(positions, (std::vector<Position>{{2, 3}, {2, 8}, {3, 8}, {3, 13}}));
}

TEST(Json, FindsMembersByExactName) {
  const auto outcome = JsonDocument::Parse(AsBytes(std::string_view(R"({"a": 1, "A": 2})")));
  ASSERT_TRUE(outcome.document);
  EXPECT_EQ(outcome.document->root().Member("A")->text(), "2");
  EXPECT_FALSE(outcome.document->root().Member("b"));
  EXPECT_FALSE(outcome.document->root().Member("a")->Member("x"));
}

}  // namespace
}  // namespace steelie::manifest
