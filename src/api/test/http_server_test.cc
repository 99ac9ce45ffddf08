#include "api/rest/http_server.h"

#include <boost/asio/write.hpp>
#include <future>

#include "api/rest/envelope.h"
#include "api/test/loopback.h"

namespace steelie::api::rest {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

class HttpServerTest : public testing::Loopback {
 protected:
  void Start(HttpLimits limits = {}) {
    Handlers handlers;
    handlers.handle = [this](const Request& request) {
      Response response;
      response.body = request.target == "/big" ? std::string(64 * kMiB, 'x') : std::to_string(request.body.size());
      if (request.target == "/wait") released_.wait();
      return response;
    };
    handlers.admit = [](const RequestHead& head) {
      Admission admission;
      admission.body_limit = 40 * kMiB;
      if (head.target == "/refuse") {
        admission.body_limit = kMiB;
        admission.refusal = ErrorEnvelope(401, "not you", "user.unauthorized");
      }
      return admission;
    };
    server_ = std::make_unique<HttpServer>(listener_, nullptr, handlers, workers_, logger_, limits);
    server_->Start();
    Run();
  }
  void TearDown() override {
    release_.set_value();
    Loopback::TearDown();
    server_.reset();
  }

  static std::string Get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"; }
  static std::string Head(const std::string& target, std::size_t size) {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  static void Send(asio::ip::tcp::socket& socket, const std::string& bytes) {
    error_code ignored;
    asio::write(socket, asio::buffer(bytes), ignored);
  }
  // What arrives until there is `until` in it, or the end.
  static std::string Receive(asio::ip::tcp::socket& socket, const std::string& until) {
    std::string out;
    std::array<char, 65536> buffer{};
    while (out.find(until) == std::string::npos) {
      const ssize_t n = ::recv(socket.native_handle(), buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      out.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return out;
  }

  std::unique_ptr<HttpServer> server_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
};

TEST_F(HttpServerTest, ALargeBodyIsRefusedBeforeItIsSent) {
  Start();
  auto socket = Connect();
  Send(socket, Head("/refuse", 30 * kMiB));
  const std::string answer = Receive(socket, "\"message\"");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 ")) << answer;
  EXPECT_NE(answer.find("X-Steelie-Reason: user.unauthorized"), std::string::npos);
  EXPECT_EQ(Receive(socket, "never"), "") << "and the connection ends";
}

// Between the chunks of a body and behind it there are lines that no limit of bodies or headers counts.
TEST_F(HttpServerTest, LinesInAChunkedBodyAreBounded) {
  Start();
  const std::string head = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& start : {head + "1;", head + "0\r\nA: ", head + "1\r\nx\r\n1;"}) {
    auto socket = Connect();
    Send(socket, start + std::string(kMiB, 'a'));
    EXPECT_TRUE(Receive(socket, "request.http").starts_with("HTTP/1.1 400 ")) << start;
  }
  auto socket = Connect();
  Send(socket, head + "3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n");
  EXPECT_TRUE(Receive(socket, "\r\n\r\n3").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, WhoSendsTooSlowlyIsToldSo) {
  Start({.header = std::chrono::seconds(1), .body = std::chrono::seconds(1)});
  for (const std::string& part : {std::string("GET / HT"), std::string("GET / HTTP/1.1\r\nHost: x\r\n"),
                                  Head("/slow", 100), Head("/slow", 100) + "some"}) {
    auto socket = Connect();
    Send(socket, part);
    EXPECT_TRUE(Receive(socket, "request.timeout").starts_with("HTTP/1.1 408 ")) << part;
    Receive(socket, "never");
  }
  // Who sends nothing has not asked anything.
  auto socket = Connect();
  EXPECT_EQ(Receive(socket, "never"), "");
  // A request in time is answered, and the connection stays.
  socket = Connect();
  for (int i = 0; i < 2; ++i) {
    Send(socket, Head("/slow", 4));
    Send(socket, "body");
    EXPECT_TRUE(Receive(socket, "\r\n\r\n4").starts_with("HTTP/1.1 200 "));
  }
}

TEST_F(HttpServerTest, WhoSendsItAllTheSameGetsTheAnswerToo) {
  Start();
  for (const bool chunked : {false, true}) {
    auto socket = Connect();
    std::string head = Head("/refuse", 30 * kMiB);
    if (chunked) {
      head = "POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1e00000\r\n";
    }
    Send(socket, head + std::string(30 * kMiB, 'x'));
    EXPECT_TRUE(Receive(socket, "\"message\"").starts_with("HTTP/1.1 401 ")) << chunked;
  }
}

TEST_F(HttpServerTest, LargeBodiesOfAllConnectionsShareOneBudget) {
  Start({.memory = {.large_requests = 2}});
  auto first = Connect("127.0.0.2");
  auto second = Connect("127.0.0.3");
  Send(first, Head("/", 30 * kMiB) + "begin");
  Send(second, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
  ASSERT_TRUE(Eventually([&] {
    auto third = Connect();
    Send(third, Head("/", 2 * kMiB));
    const std::string answer = Receive(third, "\"message\"");
    return answer.starts_with("HTTP/1.1 503 ") && answer.find("Retry-After: 5") != std::string::npos &&
           answer.find("X-Steelie-Reason: request.busy") != std::string::npos;
  }));
  auto small = Connect();
  Send(small, Head("/", 5) + "12345");
  EXPECT_TRUE(Receive(small, "\r\n\r\n").starts_with("HTTP/1.1 200 "));

  // One is finished, the other lost: there is room again.
  Send(second, "0\r\n\r\n");
  EXPECT_TRUE(Receive(second, "\r\n\r\n").starts_with("HTTP/1.1 200 "));
  first.close();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(Eventually([&] {
      auto next = Connect();
      Send(next, Head("/", 2 * kMiB) + std::string(2 * kMiB, 'x'));
      return Receive(next, "\r\n\r\n").starts_with("HTTP/1.1 200 ");
    }));
  }
}

// However many connections a peer opens and leaves hanging.
TEST_F(HttpServerTest, OnePeerHoldsOnlyItsShare) {
  Start();
  const auto answer_to = [&](const char* from, std::size_t size) {
    auto socket = Connect(from);
    Send(socket, Head("/", size) + std::string(size, 'x'));
    return Receive(socket, "\r\n\r\n").substr(0, 13);
  };
  std::vector<asio::ip::tcp::socket> hanging;
  const auto hang = [&](std::size_t size) { Send(hanging.emplace_back(Connect("127.0.0.2")), Head("/", size)); };
  for (int i = 0; i < 2; ++i) hang(30 * kMiB);
  for (int i = 0; i < 80; ++i) hang(kMiB);
  for (const std::size_t size : {2 * kMiB, kMiB}) {
    EXPECT_TRUE(Eventually([&] { return answer_to("127.0.0.2", size) == "HTTP/1.1 503 "; })) << size;
    EXPECT_EQ(answer_to("127.0.0.3", size), "HTTP/1.1 200 ") << size;
  }
}

TEST_F(HttpServerTest, ARequestCountsUntilItIsHandled) {
  Start({.memory = {.large_requests = 1}});
  auto first = Connect();
  Send(first, Head("/wait", 2 * kMiB) + std::string(2 * kMiB, 'x'));
  EXPECT_TRUE(Eventually([&] {
    auto second = Connect();
    Send(second, Head("/", 2 * kMiB) + std::string(2 * kMiB, 'x'));
    return Receive(second, "\r\n\r\n").starts_with("HTTP/1.1 503 ");
  }));
}

TEST_F(HttpServerTest, LargeAnswersShareABudgetToo) {
  Start({.memory = {.stranger_answer_bytes = 100 * kMiB}});
  auto first = Connect("127.0.0.2");
  Send(first, Get("/big"));
  EXPECT_TRUE(Receive(first, "\r\n\r\n").starts_with("HTTP/1.1 200 "));
  auto second = Connect();
  Send(second, Get("/big"));
  EXPECT_TRUE(Receive(second, "\r\n\r\n").starts_with("HTTP/1.1 503 "));
  auto third = Connect();
  Send(third, Head("/big", 0));
  EXPECT_TRUE(Receive(third, "\r\n\r\n").starts_with("HTTP/1.1 200 ")) << "what changes something is answered";
}

TEST_F(HttpServerTest, WhoDoesNotReadIsDisconnected) {
  Start({.answer = std::chrono::seconds(1)});
  auto socket = Connect();
  Send(socket, Head("/big", 0));
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_LT(Receive(socket, "never").size(), 64 * kMiB);
}

}  // namespace
}  // namespace steelie::api::rest
