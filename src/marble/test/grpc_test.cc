#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "marble/grpc_client.h"
#include "marble/http2_exchange.h"
#include "marble/tcp.h"
#include "marble/test/fake_http2_server.h"

namespace steelie::marble {
namespace {

using steelie::testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Answer = FakeHttp2Server::Answer;

Answer Message(ByteView message) {
  Answer answer;
  answer.body = WrapRequest(message);
  return answer;
}

Answer Refusal(std::string status, std::string message) {
  Answer answer;
  answer.trailers = {{"grpc-status", std::move(status)}, {"grpc-message", std::move(message)}};
  answer.trailers_only = true;
  return answer;
}

Http2Exchange::Request RequestOf(std::string_view message, std::size_t max_response = kMaxResponse) {
  return {.path = "/rpc.Marble/Activate",
          .authority = "localhost:2001",
          .timeout = std::chrono::milliseconds(1500),
          .message = ToBytes(message),
          .max_response = max_response};
}

// Lets both ends talk until nothing moves.
Result<SecretBuffer> Talk(Http2Exchange& exchange, FakeHttp2Server& server) {
  while (!exchange.finished()) {
    server.Feed(exchange.TakeOutput());
    const Bytes answer = server.TakeOutput();
    if (answer.empty()) break;
    STEELIE_CHECK_OK(exchange.Feed(answer));
  }
  return exchange.TakeResult();
}

Result<SecretBuffer> Talk(const Answer& answer, std::size_t max_response = kMaxResponse) {
  FakeHttp2Server server(answer);
  Http2Exchange exchange(RequestOf("request", max_response));
  return Talk(exchange, server);
}

TEST(Exchange, SendsAWellFormedCallAndReturnsTheMessage) {
  FakeHttp2Server server(Message(AsBytes("response")));
  Http2Exchange exchange(RequestOf("request"));
  ASSERT_OK_AND_ASSIGN(const SecretBuffer message, Talk(exchange, server));
  EXPECT_EQ(AsText(message), "response");
  EXPECT_EQ(server.RequestHeader(":method"), "POST");
  EXPECT_EQ(server.RequestHeader(":scheme"), "https");
  EXPECT_EQ(server.RequestHeader(":path"), "/rpc.Marble/Activate");
  EXPECT_EQ(server.RequestHeader(":authority"), "localhost:2001");
  EXPECT_EQ(server.RequestHeader("te"), "trailers");
  EXPECT_EQ(server.RequestHeader("content-type"), "application/grpc");
  EXPECT_EQ(server.RequestHeader("grpc-timeout"), "1500m");
  EXPECT_EQ(server.request_body, (Bytes{0, 0, 0, 0, 7, 'r', 'e', 'q', 'u', 'e', 's', 't'}));
}

TEST(Exchange, CarriesLargeMessagesBothWays) {
  const Bytes large(40U << 20U, 'x');
  FakeHttp2Server server(Message(large));
  auto request = RequestOf("");
  request.message = Bytes(3U << 20U, 'y');
  Http2Exchange exchange(std::move(request));
  ASSERT_OK_AND_ASSIGN(const SecretBuffer message, Talk(exchange, server));
  EXPECT_TRUE(PublicEqual(message, large));
  EXPECT_EQ(server.request_body.size(), (3U << 20U) + 5);
}

TEST(Exchange, AnEmptyMessageIsFine) {
  ASSERT_OK_AND_ASSIGN(const SecretBuffer message, Talk(Message({})));
  EXPECT_TRUE(message.empty());
}

TEST(Exchange, ARefusalNamesStatusAndMessage) {
  const auto refused = Talk(Refusal("7", "unknown type %22web%22 100%25 caf%C3%A9"));
  ASSERT_THAT(refused, FailsWith("activate.refused"));
  EXPECT_EQ(refused.error().code(), Code::kPermissionDenied);
  EXPECT_EQ(refused.error().message(), "PermissionDenied: unknown type \"web\" 100% caf\xc3\xa9");
  EXPECT_EQ(Talk(Refusal("9", "")).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Talk(Refusal("16", "")).error().code(), Code::kUnauthenticated);
  EXPECT_EQ(Talk(Refusal("17", "")).error().code(), Code::kUnknown);
  EXPECT_EQ(Talk(Refusal("-1", "")).error().code(), Code::kUnknown);
  EXPECT_EQ(Talk(Refusal("99999999999999999999999999", "")).error().code(), Code::kUnknown);
}

TEST(Exchange, ARefusalAfterABodyCounts) {
  Answer answer = Message(AsBytes("half"));
  answer.trailers = {{"grpc-status", "13"}, {"grpc-message", "broken"}};
  EXPECT_THAT(Talk(answer), FailsWith("activate.refused"));
}

TEST(Exchange, ControlCharactersOfAMessageDoNotReachTerminals) {
  EXPECT_EQ(Talk(Refusal("2", "a%1B%5B31mb%0Ac")).error().message(), "Unknown: a [31mb c");
}

TEST(Exchange, WhatIsNoGrpcServerIsToldApart) {
  Answer proxy = Message(AsBytes("<html>"));
  proxy.headers = {{":status", "503"}, {"content-type", "text/html"}};
  proxy.trailers = {};
  EXPECT_THAT(Talk(proxy), FailsWith("activate.protocol"));
  EXPECT_EQ(Talk(proxy).error().code(), Code::kUnavailable);

  Answer no_status = Message(AsBytes("x"));
  no_status.trailers = {};
  EXPECT_THAT(Talk(no_status), FailsWith("activate.protocol"));

  Answer html = Message(AsBytes("x"));
  html.headers = {{":status", "200"}, {"content-type", "text/html"}};
  EXPECT_THAT(Talk(html), FailsWith("activate.protocol"));
}

TEST(Exchange, MalformedBodiesAreRefused) {
  for (const Bytes& body : {Bytes{}, Bytes{0, 0, 0, 0}, Bytes{1, 0, 0, 0, 1, 'x'}, Bytes{0, 0, 0, 0, 2, 'x'},
                            Bytes{0, 0, 0, 0, 1, 'x', 'y'}, Bytes{0, 255, 255, 255, 255, 'x'}}) {
    Answer answer;
    answer.body = body;
    EXPECT_THAT(Talk(answer), FailsWith("activate.protocol")) << HexEncode(body);
  }
}

TEST(Exchange, ResponsesAreBounded) {
  EXPECT_OK(Talk(Message(Bytes(100, 'x')), 100));
  EXPECT_THAT(Talk(Message(Bytes(101, 'x')), 100), FailsWith("activate.size"));
  Answer headers = Message(AsBytes("x"));
  for (int i = 0; i < 200; ++i) headers.trailers.emplace_back("x-" + std::to_string(i), std::string(1000, 'x'));
  EXPECT_FALSE(Talk(headers).has_value());
}

TEST(Exchange, ResetsAndEndsAreErrors) {
  Answer answer;
  answer.reset = NGHTTP2_REFUSED_STREAM;
  EXPECT_THAT(Talk(answer), FailsWith("activate.unreachable"));
  answer.reset = NGHTTP2_INTERNAL_ERROR;
  EXPECT_THAT(Talk(answer), FailsWith("activate.protocol"));
  answer.reset = 0;
  answer.go_away = true;
  EXPECT_THAT(Talk(answer), FailsWith("activate.unreachable"));

  Http2Exchange unanswered(RequestOf("x"));
  EXPECT_FALSE(unanswered.finished());
  EXPECT_THAT(unanswered.TakeResult(), FailsWith("activate.unreachable"));
}

TEST(Exchange, BytesThatAreNoHttp2AreRefused) {
  Http2Exchange exchange(RequestOf("x"));
  (void)exchange.TakeOutput();
  ASSERT_OK(exchange.Feed(AsBytes("HTTP/1.1 400 Bad Request\r\n\r\n")));
  (void)exchange.TakeOutput();
  EXPECT_TRUE(exchange.finished());
  EXPECT_THAT(exchange.TakeResult(), FailsWith("activate.protocol"));
}

TEST(StatusMessage, BrokenEscapesStay) {
  EXPECT_EQ(DecodeStatusMessage("100% %4 %zz %41%"), "100% %4 %zz A%");
  EXPECT_EQ(DecodeStatusMessage("%e2%82%ac"), "\xe2\x82\xac");
}

TEST(Endpoints, AreParsed) {
  const auto text = [](std::string_view address) { return Endpoint::Parse(address)->ToString(); };
  EXPECT_EQ(text("localhost:2001"), "localhost:2001");
  EXPECT_EQ(text("dns:///coordinator.svc:2001"), "coordinator.svc:2001");
  EXPECT_EQ(text("[::1]:2001"), "[::1]:2001");
  EXPECT_EQ(Endpoint::Parse("[::1]:2001")->host, "::1");
  for (const char* bad : {"", "localhost", "localhost:", ":2001", "localhost:http", "localhost:123456", "a:-1"}) {
    EXPECT_THAT(Endpoint::Parse(bad), FailsWith("marble.address")) << bad;
  }
}

class Connections : public ::testing::Test {
 protected:
  // A listener that accepts nothing by itself.
  void SetUp() override {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener_, Native(), sizeof address_), 0);
    socklen_t size = sizeof address_;
    ASSERT_EQ(::getsockname(listener_, Native(), &size), 0);
  }
  void TearDown() override { CloseSocket(listener_); }

  sockaddr* Native() { return static_cast<sockaddr*>(static_cast<void*>(&address_)); }
  Endpoint Here() const { return {"127.0.0.1", std::to_string(ntohs(address_.sin_port))}; }
  Result<CallResult> Call(std::chrono::milliseconds timeout) {
    return CallUnary(Here(), identity_, "/x/Y", {}, {.connect_timeout = timeout, .call_timeout = timeout});
  }

  int listener_ = -1;
  sockaddr_in address_{};
  steelie::testing::InsecureSeededRandom random_{1};
  steelie::testing::FakeClock clock_;
  MarbleIdentity identity_ = *MarbleIdentity::Create(KeyKind::kEcP256, {}, random_, clock_.Now());
};

TEST_F(Connections, ARefusedConnectionIsUnreachable) {
  const auto result = Call(std::chrono::seconds(5));
  ASSERT_THAT(result, FailsWith("activate.unreachable"));
  EXPECT_THAT(result.error().message(), StartsWith("cannot reach the Coordinator at 127.0.0.1:"));
  EXPECT_THAT(result.error().message(), HasSubstr("Connection refused"));
}

TEST_F(Connections, ASilentServerIsUnreachableAfterTheTimeout) {
  ASSERT_EQ(::listen(listener_, 1), 0);
  EXPECT_THAT(Call(std::chrono::milliseconds(30)), FailsWith("activate.unreachable"));
}

TEST_F(Connections, AnUnknownNameIsUnreachable) {
  EXPECT_THAT(CallUnary({"does-not-exist.invalid", "1"}, identity_, "/x/Y", {}, {}), FailsWith("activate.unreachable"));
}

}  // namespace
}  // namespace steelie::marble
