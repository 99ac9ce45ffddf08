#include "api/rest/router.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/testing/coordinator_test.h"

namespace steelie::api::rest {
namespace {

using control::testing::Manifest;
using nlohmann::json;

class RouterTest : public control::testing::CoordinatorTest {
 protected:
  void SetUp() override {
    Start();
    router_ = std::make_unique<Router>(*coordinator_, recorder_);
  }
  void TearDown() override {
    router_.reset();
    CoordinatorTest::TearDown();
  }
  Response Get(const std::string& target, const control::Caller& caller = {}) {
    return router_->Handle({"GET", target, "", caller});
  }
  Response Post(const std::string& target, const std::string& body, const control::Caller& caller = {}) {
    return router_->Handle({"POST", target, body, caller});
  }
  static std::string Reason(const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "X-Steelie-Reason") return value;
    }
    return "";
  }
  static std::string ManifestBody(const std::string& manifest) {
    return json({{"manifest", Base64Encode(AsBytes(manifest))}}).dump();
  }

  std::unique_ptr<Router> router_;
};

TEST_F(RouterTest, UnknownPathsAndMethodsAre405) {
  for (const char* target : {"/", "/nope", "/api/v2/nope", "/api/v2/status/", "/API/v2/status", "/api/v1/status"}) {
    const Response response = Get(target);
    EXPECT_EQ(response.status, 405) << target;
    EXPECT_EQ(response.body, "{\"status\":\"error\",\"data\":null}\n");
    EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  }
  const Response wrong = router_->Handle({"DELETE", "/api/v2/manifest", "", {}});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.back(), (std::pair<std::string, std::string>{"Allow", "GET, POST"}));
  EXPECT_EQ(router_->Handle({"HEAD", "/api/v2/status", "", {}}).status, 405);
  EXPECT_EQ(Post("/api/v2/status", "").status, 405);
  EXPECT_EQ(Get("/recover").status, 405);
  EXPECT_EQ(Post("/recover", "").status, 410);
}

TEST_F(RouterTest, PathsThatAreNotCleanAreRedirected) {
  for (const auto& [target, clean] : {std::pair{"//quote", "/quote"},
                                      {"/x/../quote?nonce=a", "/quote?nonce=a"},
                                      {"/./status", "/status"},
                                      {"/../../status", "/status"}}) {
    const Response response = Get(target);
    EXPECT_EQ(response.status, 307) << target;
    EXPECT_EQ(response.headers.front().second, clean);
  }
}

TEST_F(RouterTest, StatusInBothVersions) {
  const json v2 = json::parse(Get("/api/v2/status").body);
  EXPECT_EQ(v2["status"], "success");
  EXPECT_EQ(v2["data"]["code"], 2);
  EXPECT_EQ(v2["data"]["message"], "Coordinator is ready to accept a manifest.");
  EXPECT_EQ(v2["data"]["simulation"], true);
  EXPECT_EQ(Get("/status").body,
            "{\"status\":\"success\",\"data\":{\"StatusCode\":2,\"StatusMessage\":\"Coordinator is ready to accept a "
            "manifest.\"}}\n");
}

TEST_F(RouterTest, ManifestRoundTrip) {
  EXPECT_EQ(Get("/api/v2/manifest").status, 404);
  EXPECT_EQ(json::parse(Get("/manifest").body)["data"]["ManifestSignature"], "");
  const std::string manifest = Manifest(R"("m":{"Package":"app"})") + " ";
  EXPECT_EQ(Post("/api/v2/manifest", ManifestBody(manifest)).body,
            "{\"status\":\"success\",\"data\":{\"RecoverySecrets\":{}}}\n");
  const json got = json::parse(Get("/api/v2/manifest").body)["data"];
  EXPECT_EQ(got["manifest"], Base64Encode(AsBytes(manifest)));
  EXPECT_EQ(Get("/api/v2/update").status, 200);
  const Response again = Post("/api/v2/manifest", ManifestBody(manifest));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(Reason(again), "state.wrong");
  EXPECT_NE(again.body.find("server is not in expected state"), std::string::npos);
  EXPECT_EQ(Post("/manifest", manifest).status, 400);
}

TEST_F(RouterTest, MalformedBodiesFail) {
  for (const auto& [body, message] : {std::pair{"", "EOF"}, {"  ", "EOF"}, {"{\"manifest\":\"", "unexpected EOF"}}) {
    const Response response = Post("/api/v2/manifest", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(json::parse(response.body)["status"], "fail");
    EXPECT_EQ(json::parse(response.body)["message"], message);
  }
  EXPECT_EQ(Post("/api/v2/manifest", "[]").status, 400);
  EXPECT_EQ(Post("/api/v2/manifest", "{\"manifest\":1}").status, 400);
  EXPECT_EQ(Post("/api/v2/manifest", "{\"manifest\":\"!\"}").status, 400);
  EXPECT_EQ(Post("/api/v2/manifest", std::string(100, '[') + std::string(100, ']')).status, 400);
  // `null` counts as an object without members, and what follows the first value is ignored.
  const Response empty = Post("/api/v2/manifest", "null");
  EXPECT_EQ(empty.status, 400);
  EXPECT_EQ(json::parse(empty.body)["status"], "error");
  EXPECT_EQ(Post("/api/v2/manifest", "{\"MANIFEST\":[123,125]} trailing").status, 400);
}

TEST_F(RouterTest, KeysMatchInAnyCase) {
  const std::string manifest = Manifest(R"("m":{"Package":"app"})");
  EXPECT_EQ(Post("/api/v2/manifest", "{\"Manifest\":\"" + Base64Encode(AsBytes(manifest)) + "\"} x").status, 200);
}

TEST_F(RouterTest, QuoteTakesANonceInTheUrlAlphabet) {
  EXPECT_EQ(Get("/api/v2/quote?nonce=-_8=").status, 200);
  const Response bad = Get("/api/v2/quote?nonce=%2B%2F8%3D");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.body.find("bad nonce format"), std::string::npos);
  const json quote = json::parse(Get("/api/v2/quote").body)["data"];
  EXPECT_TRUE(quote["quote"].is_null());
  EXPECT_NE(quote["cert"].get<std::string>().find("BEGIN CERTIFICATE"), std::string::npos);
}

TEST_F(RouterTest, StrangersAre401BeforeTheirBodyIsLookedAt) {
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app"})")));
  for (const char* target : {"/api/v2/update", "/api/v2/secrets", "/api/v2/update-manifest", "/api/v2/update-cancel"}) {
    const Response response = Post(target, "garbage");
    EXPECT_EQ(response.status, 401) << target;
    EXPECT_EQ(json::parse(response.body)["status"], "fail") << target;
    EXPECT_NE(response.body.find("unauthorized user"), std::string::npos) << target;
  }
  EXPECT_EQ(json::parse(Post("/update", "x").body)["status"], "error");
  EXPECT_EQ(Get("/api/v2/secrets").status, 401);
  EXPECT_EQ(Get("/api/v2/update-manifest").status, 404);
  EXPECT_EQ(Post("/api/v2/monotonic-counter", "{}").status, 403);
}

TEST_F(RouterTest, QuotesAreNotSigned) {
  EXPECT_EQ(Get("/api/v2/sign-quote").status, 405);
  EXPECT_EQ(Reason(Post("/api/v2/sign-quote", "{}")), "feature.disabled");
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app"})", "", R"("Config":{"FeatureGates":["SignQuoteEndpoint"]})")));
  const Response garbage = Post("/api/v2/sign-quote", "garbage");
  EXPECT_EQ(garbage.status, 400);
  EXPECT_EQ(json::parse(garbage.body)["data"]["sgxQuote"], "failed to parse JSON data");
  const Response quote = Post("/api/v2/sign-quote", R"({"sgxQuote":"AAAA"})");
  EXPECT_EQ(quote.status, 400);
  EXPECT_EQ(Reason(quote), "attest.unsupported");
  EXPECT_EQ(json::parse(quote.body)["message"], "quote verification failed");
}

class UserTest : public RouterTest {
 protected:
  void SetUp() override {
    RouterTest::SetUp();
    user_ = control::testing::MakeMarble().caller;
    const std::string pem = json(user_.leaf->ToPem()).dump();
    ASSERT_OK(Set(Manifest(
        R"("m":{"Package":"app","Parameters":{"Env":{"P":"{{ string .Secrets.p }}"}}})",
        R"("p":{"Type":"plain","UserDefined":true},"k":{"Type":"symmetric-key","Size":128,"Shared":true},)"
        R"("c":{"Type":"cert-ecdsa","Size":256,"UserDefined":true})",
        R"("Users":{"u":{"Certificate":)" + pem +
            R"(,"Roles":["rw","up"]}},"Roles":{)"
            R"("rw":{"ResourceType":"Secrets","ResourceNames":["p","c"],"Actions":["ReadSecret","WriteSecret"]},)"
            R"("up":{"ResourceType":"Packages","ResourceNames":["app"],"Actions":["UpdateSecurityVersion"]}})")));
  }
  control::Caller user_;
};

TEST_F(UserTest, WritesAndReads) {
  EXPECT_EQ(Post("/api/v2/secrets", R"({"secrets":{"p":{"Key":"c2VzYW1l"}}})", user_).body,
            "{\"status\":\"success\",\"data\":null}\n");
  const json secret = json::parse(Get("/api/v2/secrets?s=p", user_).body)["data"]["secrets"]["p"];
  EXPECT_EQ(secret["Private"], "c2VzYW1l");
  EXPECT_EQ(secret["Cert"], nullptr);
  EXPECT_EQ(secret["Type"], "plain");
  EXPECT_EQ(Env("m", "P"), "sesame");
  const json log = json::parse(Get("/api/v2/update").body)["data"]["updateLog"];
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(json::parse(log[1].get<std::string>())["update"], "Secret set");
}

TEST_F(UserTest, WritesAreAllOrNothing) {
  for (const auto& [body, reason] : {std::pair{R"({"secrets":{}})", "secret.none"},
                                     {R"({"secrets":{"nope":{"Key":"AA=="}}})", "secret.unknown"},
                                     {R"({"secrets":{"k":{"Key":"AA=="}}})", "secret.not_writeable"},
                                     {R"({"secrets":{"p":{"Key":"AA==","Private":""}}})", "secret.wrong_fields"},
                                     {R"({"secrets":{"c":{"Key":""}}})", "secret.wrong_fields"},
                                     {R"({"secrets":{"c":{}}})", "secret.no_certificate"},
                                     {R"({"secrets":{"p":{"Key":"YQ=="},"c":{}}})", "secret.no_certificate"},
                                     {R"({"secrets":{"p":{"Key":"YQBi"}}})", "template.exec"}}) {
    const Response response = Post("/api/v2/secrets", body, user_);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(Reason(response), reason) << body << response.body;
  }
  EXPECT_EQ(json::parse(Get("/api/v2/secrets?s=p", user_).body)["data"]["secrets"]["p"]["Private"], nullptr);
}

TEST_F(UserTest, ForbiddenAndUnknownSecretsLookAlike) {
  const Response forbidden = Get("/api/v2/secrets?s=k", user_);
  const Response unknown = Get("/api/v2/secrets?s=x", user_);
  EXPECT_EQ(forbidden.status, 403);
  EXPECT_EQ(unknown.status, 403);
  EXPECT_EQ(Reason(forbidden), Reason(unknown));
  EXPECT_EQ(Get("/api/v2/secrets", user_).status, 400);
  EXPECT_EQ(Get("/api/v2/secrets?s=", user_).status, 400);
}

TEST_F(UserTest, PackageUpdate) {
  const std::string up = R"({"Packages":{"app":{"SecurityVersion":5}}})";
  EXPECT_EQ(Post("/api/v2/update", ManifestBody(up), user_).body,
            "{\"status\":\"success\",\"data\":{\"missingAcknowledgments\":0,\"missingUsers\":null}}\n");
  const Response down = Post("/api/v2/update", ManifestBody(R"({"Packages":{"app":{"SecurityVersion":4}}})"), user_);
  EXPECT_EQ(down.status, 400);
  EXPECT_NE(down.body.find("tries to downgrade SecurityVersion"), std::string::npos);
  EXPECT_EQ(Post("/api/v2/update", ManifestBody(R"({"Marbles":{"m":{"Package":"app"}}})"), user_).status, 403);
}

TEST_F(RouterTest, TheFloorOfTimeIsLoweredByUpdaters) {
  const control::Caller user = control::testing::MakeMarble().caller;
  const control::Caller updater = control::testing::MakeMarble().caller;
  const auto pem = [](const control::Caller& caller) { return json(caller.leaf->ToPem()).dump(); };
  clock_.Advance(std::chrono::hours(24 * 3650));
  ASSERT_OK(
      Set(Manifest(R"("m":{"Package":"app"})", "",
                   R"("Users":{"u":{"Certificate":)" + pem(user) + R"(},"up":{"Certificate":)" + pem(updater) +
                       R"(,"Roles":["r"]}},"Roles":{"r":{"ResourceType":"Manifest","Actions":["UpdateManifest"]}})")));
  clock_.Advance(-std::chrono::hours(24 * 3650));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count();
  const std::string body = json({{"floor", seconds}}).dump();
  const std::string target = "/api/v2/time-floor";
  EXPECT_GT(json::parse(Get(target).body)["data"]["floor"], seconds);
  EXPECT_EQ(json::parse(Get(target).body)["data"]["clock"], seconds);
  EXPECT_EQ(Post(target, body).status, 401);
  EXPECT_EQ(Post(target, body, user).status, 403);
  for (const char* bad : {"{}", R"({"floor":"2026"})", R"({"floor":-1})", R"({"floor":9223372037})", ""}) {
    EXPECT_EQ(Post(target, bad, updater).status, 400) << bad;
    EXPECT_EQ(Reason(Post(target, bad, updater)), "request.json") << bad;
  }
  const Response lowered = Post(target, body, updater);
  EXPECT_EQ(lowered.status, 200) << lowered.body;
  EXPECT_EQ(json::parse(lowered.body)["data"]["floor"], seconds);
  const Response again = Post(target, body, updater);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(Reason(again), "time.not_lower");
}

constexpr std::size_t kSmall = std::size_t{1} << 20U;
constexpr std::size_t kLarge = std::size_t{20} << 20U;

// Once there is a manifest, large bodies are for users who may do something with them.
TEST_F(UserTest, LargeBodiesOfOthersAreRefusedUnread) {
  for (const auto& [target, status, reason] : {std::tuple{"/manifest", 400, "state.wrong"},
                                               {"/api/v2/manifest", 409, "state.wrong"},
                                               {"/update", 401, "user.unauthorized"},
                                               {"/api/v2/update", 401, "user.unauthorized"},
                                               {"/update-manifest", 401, "user.unauthorized"},
                                               {"/api/v2/update-manifest", 401, "user.unauthorized"}}) {
    for (const std::size_t size : {kLarge, std::numeric_limits<std::size_t>::max()}) {
      const Admission admission = router_->Admit({"POST", target, size, {}});
      EXPECT_EQ(admission.body_limit, kSmall) << target;
      ASSERT_TRUE(admission.refusal) << target;
      EXPECT_EQ(admission.refusal->status, status) << target;
      EXPECT_EQ(Reason(*admission.refusal), reason) << target;
    }
    EXPECT_FALSE(router_->Admit({"POST", target, kSmall, {}}).refusal) << "small ones are read first";
  }
  EXPECT_FALSE(router_->Admit({"POST", "/api/v2/secrets", kLarge, user_}).refusal);
  EXPECT_EQ(router_->Admit({"POST", "/api/v2/secrets", kLarge, user_}).body_limit, kSmall);
}

TEST_F(UserTest, LargeUpdatesAreTakenFromUsersWhoMayMakeThem) {
  const Admission update = router_->Admit({"POST", "/api/v2/update", kLarge, user_});
  EXPECT_TRUE(update.known_user);
  EXPECT_GE(update.body_limit, 32 * kSmall);
  const Admission acknowledge = router_->Admit({"POST", "/api/v2/update-manifest", kLarge, user_});
  ASSERT_TRUE(acknowledge.refusal);
  EXPECT_EQ(acknowledge.refusal->status, 404);
  EXPECT_EQ(Reason(*acknowledge.refusal), "update.none");
  EXPECT_EQ(router_->Admit({"POST", "/update-manifest", kLarge, user_}).refusal->status, 404);
}

TEST_F(RouterTest, LargeUpdatesOfUsersWhoMayMakeNoneAreRefusedUnread) {
  const control::Caller reader = control::testing::MakeMarble().caller;
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app"})", "",
                         R"("Users":{"u":{"Certificate":)" + json(reader.leaf->ToPem()).dump() + "}}")));
  const Admission admission = router_->Admit({"POST", "/api/v2/update", kLarge, reader});
  ASSERT_TRUE(admission.refusal);
  EXPECT_EQ(admission.refusal->status, 403);
  EXPECT_EQ(Reason(*admission.refusal), "user.forbidden");
}

TEST_F(RouterTest, ALargeManifestIsTakenWhileNoneIsSet) {
  EXPECT_GE(router_->Admit({"POST", "/api/v2/manifest?x", kLarge, {}}).body_limit, 32U * kSmall);
  EXPECT_EQ(router_->Admit({"GET", "/api/v2/manifest", kLarge, {}}).body_limit, kSmall);
  EXPECT_EQ(router_->Admit({"POST", "/api/v2/update", kLarge, {}}).refusal->status, 401);
  std::string many = "{\"manifest\":[1";
  for (int i = 0; i < 100'001; ++i) many += ",1";
  EXPECT_EQ(Reason(Post("/api/v2/manifest", many + "]}")), "request.json");
}

TEST_F(RouterTest, ALargeManifestIsALargeAnswer) {
  EXPECT_EQ(router_->Admit({"GET", "/api/v2/manifest", 0, {}}).answer_bytes, 0U);
  ASSERT_OK(Set(Manifest(R"("m":{"Package":"app"})") + std::string(3 * kSmall, ' ')));
  EXPECT_GE(router_->Admit({"GET", "/api/v2/manifest", 0, {}}).answer_bytes, 4 * kSmall);
  EXPECT_EQ(router_->Admit({"GET", "/api/v2/status", 0, {}}).answer_bytes, 0U);
}

TEST(Query, DecodesAndSkipsMalformed) {
  const auto parameters = ParseQuery("s=a%20b&s=c+d&bad=%zz&&x&y=%4");
  ASSERT_EQ(parameters.size(), 3U);
  EXPECT_EQ(parameters[0].value, "a b");
  EXPECT_EQ(parameters[1].value, "c d");
  EXPECT_EQ(parameters[2].name, "x");
}

}  // namespace
}  // namespace steelie::api::rest
