#include "api/rest/openapi.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/rest/router.h"
#include "control/testing/coordinator_test.h"

namespace steelie::api::rest {
namespace {

using nlohmann::json;

json Document() { return json::parse(OpenApiDocument()); }

TEST(OpenApi, IsTheFileByteForByte) {
  const char* path = std::getenv("STEELIE_OPENAPI");
  ASSERT_NE(path, nullptr);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), OpenApiDocument());
}

// An endpoint without a description is a mistake, and so is a description without an endpoint.
TEST(OpenApi, DescribesExactlyWhatIsServed) {
  std::map<std::string, std::size_t> served;
  for (const Router::Endpoint& endpoint : Router::Endpoints()) {
    served[std::string(endpoint.method) + " " + std::string(endpoint.path)] = endpoint.body_limit;
  }
  std::map<std::string, std::size_t> described;
  const json document = Document();
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      const std::string name = (method == "get" ? "GET " : method == "post" ? "POST " : method + " ") + path;
      described[name] = operation.value("x-body-limit-bytes", std::size_t{0});
    }
  }
  EXPECT_EQ(served, described);
}

// The transport and the router can answer these to everything.
TEST(OpenApi, EveryOperationHasTheCommonRefusals) {
  const json document = Document();
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      for (const char* status : {"400", "405", "408", "413", "431", "503"}) {
        EXPECT_TRUE(operation["responses"].contains(status)) << method << " " << path << " " << status;
      }
    }
  }
}

class OpenApiRouterTest : public control::testing::CoordinatorTest {};

TEST_F(OpenApiRouterTest, IsServed) {
  Start();
  const Router router(*coordinator_, recorder_);
  const Response response = router.Handle({"GET", "/api/v2/openapi.json", "", {}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, OpenApiDocument());
  EXPECT_EQ(router.Handle({"POST", "/api/v2/openapi.json", "", {}}).status, 405);
}

}  // namespace
}  // namespace steelie::api::rest
