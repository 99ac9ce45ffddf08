#include "control/try_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/result_matchers.h"
#include "crypto/random.h"

namespace steelie::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Document(const std::string& parameters) {
  return "{\"Packages\": {\"p\": {\"Sim\": {\"Measurement\": \"" + std::string(64, 'a') +
         "\", \"SecurityVersion\": 1}}},\n\"Secrets\": {\"k\": {\"Type\": \"symmetric-key\", \"Size\": 128}},\n"
         "\"Marbles\": {\"m\": {\"Package\": \"p\", \"parameters\": " +
         parameters + "}}}";
}

Result<std::vector<manifest::Problem>> TryDocument(const std::string& document) {
  SystemRandom random;
  return TryOut(AsBytes(document), false, random, Instant(std::chrono::seconds(1'700'000'000)));
}

TEST(TryOut, ReportsEveryValueWithAMistake) {
  ASSERT_OK_AND_ASSIGN(const auto problems, TryDocument(Document(R"({
    "Env": {"GOOD": "{{ hex .Secrets.k }}", "NAME": "{{ hex .Secrets.none }}",
            "OPEN": {"Data": "a\n{{ hex"}},
    "Files": {"/a/b": "{{ string .Secrets.k }}"}})")));
  std::vector<std::string> places;
  std::vector<std::string> reasons;
  for (const manifest::Problem& problem : problems) {
    places.push_back(problem.pointer + "@" + std::to_string(problem.line) + ":" + std::to_string(problem.column));
    reasons.push_back(problem.reason);
  }
  EXPECT_THAT(places, ElementsAre("/Marbles/m/parameters/Env/NAME@4:53", "/Marbles/m/parameters/Env/OPEN/Data@5:30",
                                  "/Marbles/m/parameters/Files/~1a~1b@6:23"));
  EXPECT_THAT(reasons, ElementsAre("template.exec", "template.parse", "template.parse"));
  EXPECT_THAT(problems[0].message, HasSubstr("in the template, line 1: "));
  EXPECT_THAT(problems[1].message, HasSubstr("in the template, line 2: "));
}

TEST(TryOut, IsBounded) {
  std::string env;
  for (std::size_t i = 0; i < manifest::kMaxProblems + 5; ++i) {
    env += (i == 0 ? "\"V" : ", \"V") + std::to_string(i) + "\": \"{{\"";
  }
  ASSERT_OK_AND_ASSIGN(const auto problems, TryDocument(Document("{\"Env\": {" + env + "}}")));
  EXPECT_EQ(problems.size(), manifest::kMaxProblems);
}

TEST(TryOut, AcceptsWhatACoordinatorAccepts) {
  ASSERT_OK_AND_ASSIGN(const auto problems,
                       TryDocument(Document(R"({"Env": {"A": "$$root_ca", "B": "{{ hex .Secrets.k }}"}})")));
  EXPECT_TRUE(problems.empty());
  EXPECT_FALSE(TryDocument("{}").has_value());
}

}  // namespace
}  // namespace steelie::control
