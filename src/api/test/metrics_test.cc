#include "api/monitoring/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace steelie::api::monitoring {
namespace {

bool Has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST(Metrics, CountsActivationsAndCalls) {
  Metrics metrics("1.2", "abc");
  metrics.SetSources([] { return 3; }, [](std::string_view type) { return type == "known"; });
  metrics.ActivationAttempted("known", "u1");
  metrics.ActivationSucceeded("known", "u1", Bytes{1, 2}, Instant());
  metrics.CallStarted();
  metrics.CallFinished(Code::kPermissionDenied, false);
  const std::string text = metrics.Exposition();
  EXPECT_TRUE(Has(text, R"(coordinator_marble_activations_total{type="known",uuid="u1"} 1)")) << text;
  EXPECT_TRUE(Has(text, R"(coordinator_marble_activations_success_total{type="known",uuid="u1"} 1)"));
  EXPECT_TRUE(Has(text, "coordinator_state 3"));
  EXPECT_NE(text.find(R"(grpc_code="PermissionDenied")"), std::string::npos);
  const auto events = nlohmann::json::parse(metrics.Events());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["activation"]["marbleType"], "known");
  EXPECT_EQ(events[0]["activation"]["quote"], "AQI=");
}

TEST(Metrics, ThePageCountsItself) {
  Metrics metrics("", "");
  const std::string first = metrics.Exposition();
  EXPECT_TRUE(Has(first, R"(promhttp_metric_handler_requests_total{code="200"} 0)")) << first;
  EXPECT_TRUE(Has(first, "promhttp_metric_handler_requests_in_flight 1"));
  EXPECT_TRUE(Has(first, R"(promhttp_metric_handler_errors_total{cause="gathering"} 0)"));
  EXPECT_TRUE(Has(metrics.Exposition(), R"(promhttp_metric_handler_requests_total{code="200"} 1)"));
}

// A stranger must not be able to grow memory by inventing types and UUIDs.
TEST(Metrics, LabelsAreBounded) {
  Metrics metrics("", "");
  metrics.SetSources([] { return 3; }, [](std::string_view) { return false; });
  for (int i = 0; i < 5000; ++i) metrics.ActivationAttempted("type" + std::to_string(i), "u" + std::to_string(i));
  const std::string text = metrics.Exposition();
  std::size_t series = 0;
  for (std::size_t at = 0; (at = text.find("coordinator_marble_activations_total{", at)) != std::string::npos; ++at)
    ++series;
  EXPECT_LE(series, 1101U);
  EXPECT_NE(text.find(R"(type="other",uuid="other")"), std::string::npos);
}

// A page with half a character in it is refused whole by those who collect it.
TEST(Metrics, LongLabelsAreCutBetweenCharacters) {
  Metrics metrics("", "");
  metrics.SetSources([] { return 3; }, [](std::string_view) { return false; });
  metrics.ActivationAttempted(std::string(127, 't') + "\u00e9", std::string(62, 'u') + "\u20ac");
  EXPECT_NE(metrics.Exposition().find("type=\"" + std::string(127, 't') + "\",uuid=\"" + std::string(62, 'u') + "\""),
            std::string::npos);
}

TEST(Metrics, EventsAreBoundedAndNullBeforeTheFirst) {
  Metrics metrics("", "");
  EXPECT_EQ(metrics.Events(), "null");
  for (int i = 0; i < 1500; ++i) metrics.ActivationSucceeded("t", std::to_string(i), {}, Instant());
  const auto events = nlohmann::json::parse(metrics.Events());
  EXPECT_EQ(events.size(), 1000U);
  EXPECT_EQ(events[999]["activation"]["uuid"], "1499");
  EXPECT_EQ(events[999]["activation"]["quote"], nullptr);
}

}  // namespace
}  // namespace steelie::api::monitoring
