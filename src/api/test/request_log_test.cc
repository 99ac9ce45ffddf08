#include "api/rest/request_log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/rest/envelope.h"
#include "control/testing/coordinator_test.h"

namespace steelie::api::rest {
namespace {

TEST(RequestLog, RefusalsAreSampledLines) {
  control::testing::Recorder recorder;
  RequestLog log(recorder);
  RateLimit::Time now{std::chrono::seconds(1)};
  const Response refusal = ErrorEnvelope(403, "user x may not", "user.forbidden");
  for (int i = 0; i < 1000; ++i) log.Finished("POST", "/api/v2/secrets", refusal, now);
  const auto lines = [&] { return std::ranges::count(recorder.Text(), '\n'); };
  EXPECT_EQ(lines(), 200);
  const std::string first = "Refused request method=POST path=/api/v2/secrets reason=user.forbidden ";
  EXPECT_EQ(recorder.Text().substr(0, first.size()), first);
  log.Finished("BREW", "", refusal, now + std::chrono::seconds(1));
  EXPECT_EQ(lines(), 201);
  EXPECT_NE(recorder.Text().find("method=other path= "), std::string::npos) << "nothing that strangers choose";
}

TEST(RequestLog, OtherAnswersAreNone) {
  control::testing::Recorder recorder;
  RequestLog log(recorder);
  log.Finished("GET", "/status", Response(), {});
  log.Finished("GET", "/api/v2/update-manifest", ErrorEnvelope(404, "no update in progress", "update.none"), {});
  log.Finished("PUT", "/status", MethodNotAllowed("GET"), {});
  EXPECT_EQ(recorder.Text(), "");
  log.Finished("POST", "/api/v2/update-cancel", ErrorEnvelope(404, "no update in progress", "update.none"), {});
  EXPECT_NE(recorder.Text(), "");
}

}  // namespace
}  // namespace steelie::api::rest
