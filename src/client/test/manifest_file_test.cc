#include "client/manifest_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/testing/result_matchers.h"
#include "base/testing/temp_folder.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;

TEST(ManifestFile, JsonIsUsedByteForByte) {
  const std::string_view json = " {\"b\" : 1,\n\"a\":2 } \n";
  ASSERT_OK_AND_ASSIGN(const ManifestFile file, ParseManifestFile(ToBytes(json)));
  EXPECT_EQ(ToText(file.document), json);
  // Duplicate keys are still JSON; whether they are a manifest is for the check to say.
  ASSERT_OK_AND_ASSIGN(const ManifestFile twice, ParseManifestFile(ToBytes(std::string_view("{\"a\":1,\"a\":2}"))));
  EXPECT_EQ(ToText(twice.document), "{\"a\":1,\"a\":2}");
}

TEST(ManifestFile, YamlIsConverted) {
  ASSERT_OK_AND_ASSIGN(const ManifestFile file, ParseManifestFile(ToBytes(std::string_view("b: 1\na: 2\n"))));
  EXPECT_EQ(ToText(file.document), "{\"a\":2,\"b\":1}");
}

TEST(ManifestFile, BrokenJsonIsReportedAsJson) {
  const Result<ManifestFile> file = ParseManifestFile(ToBytes(std::string_view("{\n  \"a\": 1,\n  \"b\": ]\n}")));
  ASSERT_THAT(file, FailsWith("client.manifest.syntax"));
  EXPECT_TRUE(file.error().message().starts_with("3:8: ")) << file.error().message();
}

TEST(ManifestFile, JsonWithASlipIsNotTakenForYaml) {
  // All of these are YAML to a reader of YAML.
  for (const std::string_view text : {"{\"a\": 1,}", "{'a': 1}", "{a: 1}", " \n{\"a\": tru}", "{\"a\": 1} # why"}) {
    EXPECT_THAT(ParseManifestFile(ToBytes(text)), FailsWith("client.manifest.syntax")) << text;
    EXPECT_THAT(ParseManifestFile(ToBytes(text), ManifestSyntax::kJson), FailsWith("client.manifest.syntax")) << text;
    EXPECT_OK(ParseManifestFile(ToBytes(text), ManifestSyntax::kYaml));
  }
  EXPECT_THAT(ParseManifestFile(ToBytes(std::string_view("\xef\xbb\xbf{}"))), FailsWith("client.manifest.syntax"));
  const Result<ManifestFile> named = ParseManifestFile(ToBytes(std::string_view("a: 1\n")), ManifestSyntax::kJson);
  ASSERT_THAT(named, FailsWith("client.manifest.syntax"));
  EXPECT_THAT(named.error().message(), ::testing::StartsWith("1:1: "));
  EXPECT_THAT(named.error().message(), ::testing::HasSubstr("ends in .json"));
}

TEST(ManifestFile, TheNameTellsTheSyntax) {
  EXPECT_EQ(SyntaxOfName("a/b.json"), ManifestSyntax::kJson);
  EXPECT_EQ(SyntaxOfName("B.JSON"), ManifestSyntax::kJson);
  EXPECT_EQ(SyntaxOfName("b.yaml"), ManifestSyntax::kYaml);
  EXPECT_EQ(SyntaxOfName("b.yml"), ManifestSyntax::kYaml);
  EXPECT_EQ(SyntaxOfName("b.json.bak"), ManifestSyntax::kGuess);
  EXPECT_EQ(SyntaxOfName("/dev/stdin"), ManifestSyntax::kGuess);
  const steelie::testing::TempFolder folder;
  for (const char* name : {"m.json", "m.yaml"}) {
    ASSERT_OK(ReplaceFile(folder.path() / name, AsBytes("a: 1\n")));
  }
  EXPECT_THAT(ReadManifestFile(folder.path() / "m.json"), FailsWith("client.manifest.syntax"));
  EXPECT_OK(ReadManifestFile(folder.path() / "m.yaml"));
}

TEST(ManifestFile, ErrorsNameTheFile) {
  const steelie::testing::TempFolder folder;
  EXPECT_THAT(ReadManifestFile(folder.path() / "none"), FailsWith("file.missing"));
}

TEST(ManifestFile, ProblemsOfYamlHavePositionsInTheYaml) {
  constexpr std::string_view kYaml = "Marbles:\n  m:\n    Package: none\nPackages:\n  p:\n    Colour: red\n";
  ASSERT_OK_AND_ASSIGN(const ManifestFile file, ParseManifestFile(ToBytes(kYaml)));
  const manifest::Outcome outcome = CheckManifestFile(file, {});
  ASSERT_FALSE(outcome.errors.empty());
  std::vector<std::size_t> lines;
  for (const manifest::Problem& problem : outcome.errors) lines.push_back(problem.line);
  EXPECT_THAT(lines, ::testing::ElementsAre(3U, 6U));
}

TEST(EffectiveManifest, AppliesVersionsSinceTheLastFullUpdate) {
  const std::string_view document =
      R"({"Packages":{"b":{"SecurityVersion":1,"SignerID":"ab"},"s":{"Sim":{"SecurityVersion":2}},"n":{"UniqueID":"cd"}},
          "Users":null,"Roles":{},"Config":{"x":{}}})";
  ASSERT_OK_AND_ASSIGN(
      const std::string text,
      EffectiveManifest(AsBytes(document),
                        {R"({"time":"t","update":"SecurityVersion increased","package":"gone","new version":9})",
                         R"({"time":"t","update":"Complete Manifest updated","manifestFingerprint":"00"})",
                         R"({"time":"t","update":"SecurityVersion increased","package":"b","new version":7})",
                         R"({"time":"t","update":"SecurityVersion increased","package":"s","new version":8})",
                         R"({"time":"t","update":"SecurityVersion increased","package":"n","new version":3})",
                         R"({"time":"t","update":"Secret set","user":"u","secret":"x","type":"plain"})"}));
  EXPECT_EQ(text, R"({
    "Packages": {
        "b": {
            "SecurityVersion": 7,
            "SignerID": "ab"
        },
        "n": {
            "SecurityVersion": 3,
            "UniqueID": "cd"
        },
        "s": {
            "Sim": {
                "SecurityVersion": 8
            }
        }
    }
})");
}

TEST(LoweredVersions, ComparesWithWhatPackageUpdatesRaised) {
  const std::string_view document =
      R"({"Packages":{"a":{"SecurityVersion":1},"b":{"Sim":{"SecurityVersion":2}},"c":{"UniqueID":"cd"}}})";
  const std::vector<std::string> log = {R"({"update":"SecurityVersion increased","package":"a","new version":7})",
                                        R"({"update":"SecurityVersion increased","package":"b","new version":5})"};
  const auto lowered = [&](std::string_view update) {
    return LoweredVersions(AsBytes(document), log, AsBytes(update)).value();
  };
  EXPECT_THAT(lowered(document), ::testing::ElementsAre(::testing::HasSubstr("package a from 7 to 1"),
                                                        ::testing::HasSubstr("package b from 5 to 2")));
  EXPECT_THAT(lowered(R"({"packages":{"a":{"SecurityVersion":7},"b":{"Sim":{}}}})"),
              ::testing::ElementsAre(::testing::HasSubstr("package b from 5 to none")));
  EXPECT_THAT(
      lowered(R"({"Packages":{"a":{"SecurityVersion":8},"b":{"SecurityVersion":6},"d":{"SecurityVersion":0}}})"),
      ::testing::IsEmpty());
  EXPECT_THAT(LoweredVersions(AsBytes(document), log, AsBytes("x")), FailsWith("client.manifest.syntax"));
}

TEST(EffectiveManifest, RefusesUnknownPackages) {
  EXPECT_THAT(EffectiveManifest(AsBytes("{}"), {R"({"package":"p","new version":1})"}),
              FailsWith("client.manifest.package"));
  EXPECT_THAT(EffectiveManifest(AsBytes("nonsense"), {}), FailsWith("client.manifest.syntax"));
}

}  // namespace
}  // namespace steelie::client
