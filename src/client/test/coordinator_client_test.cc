#include "client/coordinator_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/testing/result_matchers.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Plays a Coordinator: answers in the order given, and remembers what was asked.
class FakeTransport final : public HttpTransport {
 public:
  std::string Origin() const override { return "https://host:4433"; }
  Result<HttpResponse> Send(const HttpRequest& request) override {
    asked.push_back(std::string(MethodName(request.method)) + " " + request.target +
                    (request.body.empty() ? "" : " " + ToText(request.body)));
    if (answers.empty()) return Error(Code::kUnavailable, "client.connect", "refused");
    HttpResponse out = std::move(answers.front());
    answers.pop_front();
    return out;
  }
  void Answer(unsigned status, std::string_view body) {
    const ByteView bytes = AsBytes(body);
    answers.push_back({status, SecretBuffer(bytes.begin(), bytes.end()), std::nullopt});
  }

  std::vector<std::string> asked;
  std::deque<HttpResponse> answers;
};

class CoordinatorClientTest : public ::testing::Test {
 protected:
  void V1Only() { transport_.Answer(405, "{\"status\":\"error\",\"data\":null}\n"); }

  FakeTransport transport_;
  CoordinatorClient client_{transport_};
};

TEST_F(CoordinatorClientTest, StatusOfBothVersions) {
  transport_.Answer(200, R"({"status":"success","data":{"code":3,"message":"fine"}})");
  ASSERT_OK_AND_ASSIGN(const CoordinatorStatus v2, client_.GetStatus());
  EXPECT_EQ(v2.code, 3U);
  EXPECT_EQ(v2.message, "fine");
  EXPECT_FALSE(v2.simulation.has_value());
  transport_.Answer(200, R"({"status":"success","data":{"code":3,"message":"fine","simulation":true,"platform":"sim",
                            "lenientManifest":false,"version":"1.2"}})");
  ASSERT_OK_AND_ASSIGN(const CoordinatorStatus ours, client_.GetStatus());
  EXPECT_EQ(ours.simulation, true);
  EXPECT_EQ(ours.lenient_manifest, false);
  EXPECT_EQ(ours.platform, "sim");
  EXPECT_EQ(ours.version, "1.2");
  EXPECT_FALSE(ours.recovery.has_value());
  transport_.Answer(200, R"({"status":"success","data":{"code":1,"message":"r",
                            "recovery":{"required":2,"collected":["a"],"missing":["b","c"]}}})");
  ASSERT_OK_AND_ASSIGN(const CoordinatorStatus recovery, client_.GetStatus());
  ASSERT_TRUE(recovery.recovery.has_value());
  EXPECT_EQ(recovery.recovery->required, 2U);
  EXPECT_THAT(recovery.recovery->collected, ElementsAre("a"));
  EXPECT_THAT(recovery.recovery->missing, ElementsAre("b", "c"));
  transport_.asked.erase(transport_.asked.begin());
  transport_.asked.erase(transport_.asked.begin());
  V1Only();
  transport_.Answer(200, R"({"Status":"success","Data":{"StatusCode":2,"statusmessage":"old"}})");
  ASSERT_OK_AND_ASSIGN(const CoordinatorStatus v1, client_.GetStatus());
  EXPECT_EQ(v1.code, 2U);
  EXPECT_EQ(v1.message, "old");
  EXPECT_THAT(transport_.asked, ElementsAre("GET /api/v2/status", "GET /api/v2/status", "GET /status"));
}

TEST_F(CoordinatorClientTest, TheFloorOfTime) {
  transport_.Answer(200, R"({"status":"success","data":{"floor":30,"lowest":10,"clock":20}})");
  transport_.Answer(200, R"({"status":"success","data":{"floor":20,"lowest":10,"clock":20}})");
  ASSERT_OK_AND_ASSIGN(const TimeFloor before, client_.GetTimeFloor());
  EXPECT_EQ(before.floor, 30U);
  EXPECT_EQ(before.lowest, 10U);
  ASSERT_OK_AND_ASSIGN(const TimeFloor after, client_.LowerTimeFloor(20));
  EXPECT_EQ(after.floor, 20U);
  EXPECT_THAT(transport_.asked, ElementsAre("GET /api/v2/time-floor", "POST /api/v2/time-floor {\"floor\":20}"));
}

TEST_F(CoordinatorClientTest, RefusalsAreNamedAsTheReferenceDoes) {
  transport_.Answer(500, R"({"status":"error","data":null,"message":"server is not in expected state"})");
  const auto refused = client_.SetManifest(AsBytes("{}"));
  ASSERT_THAT(refused, FailsWith("client.refused"));
  EXPECT_EQ(
      refused.error().message(),
      "POST https://host:4433/api/v2/manifest: 500 Internal Server Error: error: server is not in expected state");
  transport_.Answer(401, R"({"status":"fail","data":null,"message":"unauthorized user: nobody"})");
  const auto stranger = client_.ApplyUpdate(AsBytes("{}"));
  ASSERT_THAT(stranger, FailsWith("client.unauthorized"));
  EXPECT_EQ(stranger.error().message(),
            "POST https://host:4433/api/v2/update: authorizing user: unauthorized user: nobody. The manifest in force "
            "must name a user with exactly the certificate of --cert");
}

TEST_F(CoordinatorClientTest, RefusalsSayWhatToDo) {
  const auto message = [&](unsigned code, std::string_view state, std::string_view why, auto&& call) {
    transport_.Answer(code, R"({"status":"error","data":null,"message":")" + std::string(why) + "\"}");
    if (!state.empty()) {
      transport_.Answer(200, R"({"status":"success","data":{"message":"m","code":)" + std::string(state) + "}}");
    }
    const auto refused = call();
    return refused.has_value() ? std::string() : refused.error().message();
  };
  constexpr std::string_view kState = "server is not in expected state";
  const auto set = [&] { return client_.SetManifest(AsBytes("{}")); };
  const auto update = [&] { return client_.ApplyUpdate(AsBytes("{}")); };
  EXPECT_THAT(message(409, "1", kState, set),
              HasSubstr("expected state. The Coordinator is in recovery: 'steelie recover"));
  EXPECT_THAT(message(500, "2", kState, update), HasSubstr("no manifest yet: 'steelie manifest set'"));
  EXPECT_THAT(message(409, "3", kState, set), HasSubstr("'steelie manifest update apply'"));
  EXPECT_THAT(message(409, "3", kState, [&] { return client_.Recover({}, {}); }), HasSubstr("nothing to recover"));
  EXPECT_THAT(message(409, "", "update already in progress", update), HasSubstr("'steelie manifest update get'"));
  const auto get = [&] { return client_.GetManifest(); };
  const auto secrets = [&] { return client_.GetSecrets({"s"}); };
  EXPECT_THAT(message(404, "2", "no", get), HasSubstr("'steelie manifest set'"));
  EXPECT_THAT(message(404, "1", "no", get), ::testing::EndsWith("'steelie recover' gives it a recovery secret"));
  EXPECT_THAT(message(404, "1", "no", [&] { return client_.GetPendingUpdate(); }), HasSubstr("'steelie recover'"));
  EXPECT_THAT(message(401, "1", "no user", secrets),
              ::testing::EndsWith("'steelie recover' gives it a recovery secret"));
  EXPECT_THAT(message(401, "2", "no user", secrets), HasSubstr("'steelie manifest set'"));
  EXPECT_THAT(message(401, "3", "no user", secrets), HasSubstr("exactly the certificate of --cert"));
  EXPECT_THAT(message(400, "", "failed to decrypt recovery secret: ephemeral secret key not set",
                      [&] { return client_.Recover({}, {}); }),
              HasSubstr("fetch it again with 'steelie recover-with-signature public-key'"));
  EXPECT_THAT(message(404, "3", "no", [&] { return client_.GetPendingUpdate(); }),
              HasSubstr("'steelie manifest update"));
  EXPECT_THAT(message(403, "", "no", update), HasSubstr("roles in the manifest"));
  // A status that is refused, too, is not asked for again.
  transport_.asked.clear();
  EXPECT_THAT(message(409, "", kState, [&] { return client_.GetStatus(); }), ::testing::EndsWith(std::string(kState)));
  EXPECT_THAT(transport_.asked, ElementsAre("GET /api/v2/status"));
}

TEST_F(CoordinatorClientTest, AnswersOfOtherServersAreRecognised) {
  for (const char* body : {"", "<html></html>", "[]", "{}", "{\"status\":5}", "{\"status\":\"success\"", "\xff"}) {
    transport_.Answer(404, body);
    const auto status = client_.GetStatus();
    ASSERT_THAT(status, FailsWith("client.answer")) << body;
    EXPECT_THAT(status.error().message(), HasSubstr("404 Not Found: this is not the answer of a Coordinator"));
  }
  transport_.Answer(200, R"({"status":"success","data":{"code":"three"}})");
  EXPECT_THAT(client_.GetStatus(), FailsWith("client.answer"));
}

TEST_F(CoordinatorClientTest, QuoteCarriesTheNonce) {
  transport_.Answer(200, R"({"status":"success","data":{"Cert":"PEM","Quote":"AAEC"}})");
  const Bytes nonce = {0xfb, 0xff, 0xfe, 0x01};
  ASSERT_OK_AND_ASSIGN(const QuoteAnswer quote, client_.GetQuote(nonce));
  EXPECT_EQ(quote.certificates, "PEM");
  EXPECT_EQ(quote.quote, (Bytes{0, 1, 2}));
  EXPECT_THAT(transport_.asked, ElementsAre("GET /api/v2/quote?nonce=-__-AQ%3D%3D"));
}

TEST_F(CoordinatorClientTest, OldCoordinatorsHaveNoNonce) {
  V1Only();
  EXPECT_THAT(client_.GetQuote(Bytes{1}), FailsWith("client.old_coordinator"));
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":{"Cert":"PEM","Quote":null}})");
  ASSERT_OK_AND_ASSIGN(const QuoteAnswer quote, client_.GetQuote({}));
  EXPECT_TRUE(quote.quote.empty());
}

TEST_F(CoordinatorClientTest, ManifestSetAndGet) {
  transport_.Answer(200, R"({"status":"success","data":{"RecoverySecrets":{"key":"AAAA"}}})");
  ASSERT_OK_AND_ASSIGN(const RecoverySecrets secrets, client_.SetManifest(AsBytes("{}")));
  EXPECT_EQ(secrets, (RecoverySecrets{{"key", "AAAA"}}));
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":null})");
  ASSERT_OK_AND_ASSIGN(const RecoverySecrets none, client_.SetManifest(AsBytes("{}")));
  EXPECT_TRUE(none.empty());
  transport_.Answer(200, R"({"status":"success","data":{"manifestSignatureRootECDSA":"AQ==","manifestFingerprint":"ab",
                             "manifest":"e30="}})");
  ASSERT_OK_AND_ASSIGN(const ManifestAnswer manifest, client_.GetManifest());
  EXPECT_EQ(ToText(manifest.manifest), "{}");
  EXPECT_EQ(manifest.fingerprint, "ab");
  EXPECT_THAT(transport_.asked, ElementsAre("POST /api/v2/manifest {\"manifest\":\"e30=\"}",
                                            "POST /api/v2/manifest {\"manifest\":\"e30=\"}", "POST /manifest {}",
                                            "GET /api/v2/manifest"));
}

TEST_F(CoordinatorClientTest, UpdateLogOfBothVersions) {
  transport_.Answer(200, R"({"status":"success","data":{"updateLog":["{\"a\":1}","{}"]}})");
  EXPECT_THAT(*client_.GetUpdateLog(), ElementsAre("{\"a\":1}", "{}"));
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":"{\"a\":1}\n{}\n"})");
  EXPECT_THAT(*client_.GetUpdateLog(), ElementsAre("{\"a\":1}", "{}"));
}

TEST_F(CoordinatorClientTest, UpdatesOfBothVersions) {
  transport_.Answer(200, R"({"status":"success","data":{"missingAcknowledgments":2,"missingUsers":["a","b","c"]}})");
  ASSERT_OK_AND_ASSIGN(const UpdateAnswer pending, client_.ApplyUpdate(AsBytes("{}")));
  EXPECT_EQ(pending.missing, 2U);
  EXPECT_THAT(pending.missing_users, ElementsAre("a", "b", "c"));
  EXPECT_FALSE(pending.recovery_secrets.has_value());
  transport_.Answer(200, R"({"status":"success","data":null})");
  ASSERT_OK_AND_ASSIGN(const UpdateAnswer old, client_.ApplyUpdate(AsBytes("{}")));
  EXPECT_EQ(old.missing, 0U);
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":"12 users still need to acknowledge the update manifest"})");
  ASSERT_OK_AND_ASSIGN(const UpdateAnswer counted, client_.AcknowledgeUpdate(AsBytes("{}")));
  EXPECT_EQ(counted.missing, 12U);
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":"All users have acknowledged the update manifest."})");
  ASSERT_OK_AND_ASSIGN(const UpdateAnswer all, client_.AcknowledgeUpdate(AsBytes("{}")));
  EXPECT_EQ(all.missing, 0U);
  V1Only();
  transport_.Answer(200, R"({"status":"success","data":"Perhaps"})");
  EXPECT_THAT(client_.AcknowledgeUpdate(AsBytes("{}")), FailsWith("client.answer"));
}

TEST_F(CoordinatorClientTest, SecretsTravelBothWays) {
  transport_.Answer(200, R"({"status":"success","data":{"secrets":{"k":{"Type":"symmetric-key","Size":128,"Shared":true,
    "UserDefined":false,"Cert":null,"ValidFor":0,"Private":"AAE=","Public":"AAE="}}}})");
  ASSERT_OK_AND_ASSIGN(const SecretEntries secrets, client_.GetSecrets({"k", "a b&c"}));
  EXPECT_EQ(ToText(SecretsToJson(secrets)),
            R"({"k":{"Type":"symmetric-key","Size":128,"Shared":true,"UserDefined":false,"Cert":null,"ValidFor":0,)"
            R"("Private":"AAE=","Public":"AAE="}})");
  transport_.Answer(200, R"({"status":"success","data":null})");
  ASSERT_OK_AND_ASSIGN(const UserSecrets upload, ParseSecretFile(R"({"k":{"Key":"AAE="}})"));
  ASSERT_OK(client_.SetSecrets(upload));
  EXPECT_THAT(transport_.asked, ElementsAre("GET /api/v2/secrets?s=k&s=a%20b%26c",
                                            R"(POST /api/v2/secrets {"secrets":{"k":{"Key":"AAE="}}})"));
  transport_.Answer(200, R"({"status":"success","data":{"secrets":{"k":{"Private":"SECRET!"}}}})");
  const auto bad = client_.GetSecrets({"k"});
  ASSERT_THAT(bad, FailsWith("client.answer"));
  EXPECT_THAT(bad.error().message(), ::testing::Not(HasSubstr("SECRET")));
}

TEST_F(CoordinatorClientTest, AnswersThatExhaustStackOrMemoryAreRefused) {
  const auto answer = [this](const std::string& data) {
    transport_.Answer(200, R"({"status":"success","data":)" + data + "}");
  };
  answer(std::string(200'000, '[') + std::string(200'000, ']'));
  EXPECT_THAT(client_.PlanUpdate(AsBytes("{}")), FailsWith("client.answer"));
  std::string values = "[0";
  for (std::size_t i = 0; i < 2'000'001; ++i) values += ",0";
  answer(values + "]");
  EXPECT_THAT(client_.PlanUpdate(AsBytes("{}")), FailsWith("client.answer"));
  // Brackets and commas in strings are neither.
  const std::string text = R"("\\\"[[,)" + std::string(100, '[') + "\"";
  answer(text);
  EXPECT_EQ(*client_.PlanUpdate(AsBytes("{}")), text);
}

TEST_F(CoordinatorClientTest, TransportErrorsPassThrough) {
  const auto status = client_.GetStatus();
  ASSERT_THAT(status, FailsWith("client.connect"));
  EXPECT_EQ(status.error().message(), "GET https://host:4433/api/v2/status: refused");
}

}  // namespace
}  // namespace steelie::client
