#include "client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "base/testing/fake_clock.h"
#include "base/testing/result_matchers.h"
#include "crypto/pem.h"
#include "pki/leaf.h"

namespace steelie::client {
namespace {

using steelie::testing::FailsWith;

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Answers one request with whatever bytes a test wants, and ends the connection.
class BadServer {
 public:
  explicit BadServer(std::string answer) : answer_(std::move(answer)), thread_([this] { Serve(); }) {}
  ~BadServer() { thread_.join(); }

  Address address() const { return {"127.0.0.1", std::to_string(acceptor_.local_endpoint().port())}; }

 private:
  static asio::ssl::context NewContext() {
    const PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
    const Bytes der = *pki::IssueSelfSigned("server", key, {}, {}, {1}, steelie::testing::FakeClock().Now());
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate(asio::buffer(PemEncode("CERTIFICATE", der)), asio::ssl::context::pem);
    key.ToPkcs8().Reveal([&](ByteView pkcs8) {
      context.use_private_key(asio::buffer(PemEncodeSecret("PRIVATE KEY", pkcs8)), asio::ssl::context::pem);
    });
    return context;
  }
  void Serve() {
    asio::ssl::context context = NewContext();
    asio::ssl::stream<tcp::socket> stream(acceptor_.accept(), context);
    error_code failed;
    stream.handshake(asio::ssl::stream_base::server, failed);
    std::string request(4096, ' ');
    if (!failed) stream.read_some(asio::buffer(request), failed);
    if (!failed) asio::write(stream, asio::buffer(answer_), failed);
    if (!failed) stream.shutdown(failed);
  }

  const std::string answer_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

Result<HttpResponse> AnswerOf(const std::string& answer) {
  const BadServer server(answer);
  return HttpsClient(server.address(), {.root = {}, .identity = {}, .timeout = std::chrono::seconds(20)}).Send({});
}

// Between the chunks of a body and behind it there are lines that no limit of bodies or headers counts.
TEST(HttpsClient, LinesInAChunkedAnswerAreBounded) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_OK_AND_ASSIGN(const HttpResponse good, AnswerOf(head + "3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n"));
  EXPECT_EQ(AsText(good.body), "abc");
  const std::string line(std::size_t{1} << 20U, 'a');
  for (const std::string& start : {head + "1;", head + "1\r\nx\r\n1;", head + "0\r\nA: "}) {
    EXPECT_THAT(AnswerOf(start + line), FailsWith("client.body_limit")) << start;
  }
}

}  // namespace
}  // namespace steelie::client
