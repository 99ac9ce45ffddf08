#include "client/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "client/tls_context.h"

namespace steelie::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Body = http::vector_body<std::uint8_t, WipingAllocator<std::uint8_t>>;

std::string HintFor(const error_code& ec) {
  if (ec.category() != asio::error::get_ssl_category()) return {};
  return TlsHint(static_cast<unsigned long>(static_cast<unsigned>(ec.value())));
}

constexpr std::uint64_t kMaxBody = std::uint64_t{64} << 20U;
constexpr std::uint32_t kMaxHeader = 64U << 10U;

// One connection with one request. Every step is started asynchronously, which is how the stream's deadline applies,
// and then waited for.
class Exchange {
 public:
  Exchange(const Address& address, ssl_ctx_st* context, std::chrono::milliseconds timeout)
      : address_(address), timeout_(timeout), context_(context), stream_(io_, context_) {}

  Status Connect(const std::optional<Certificate>& root);
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  template <typename Start>
  error_code Await(Start&& start) {
    error_code result = asio::error::operation_aborted;
    start([&](error_code ec, auto&&...) { result = ec; });
    io_.restart();
    io_.run();
    return result;
  }
  Error Failed(const char* reason, const std::string& what, const error_code& ec) const;
  Error ReadFailed(const error_code& ec) const;

  const Address& address_;
  std::chrono::milliseconds timeout_;
  asio::io_context io_{1};
  asio::ssl::context context_;
  beast::ssl_stream<beast::tcp_stream> stream_;
};

Error Exchange::Failed(const char* reason, const std::string& what, const error_code& ec) const {
  if (ec == beast::error::timeout) {
    return Error(Code::kDeadlineExceeded, "client.timeout",
                 what + ": no answer within " + std::to_string(timeout_.count()) + " ms");
  }
  return Error(Code::kUnavailable, reason, what + ": " + ec.message());
}

Status Exchange::Connect(const std::optional<Certificate>& root) {
  const std::string name = address_.ToString();
  STEELIE_CHECK_OK(SetTlsPeer(stream_.native_handle(), address_, root.has_value()));
  asio::ip::tcp::resolver resolver(io_);
  asio::ip::tcp::resolver::results_type endpoints;
  error_code ec = Await([&](auto done) {
    resolver.async_resolve(address_.host, address_.port, asio::ip::tcp::resolver::numeric_service,
                           [&endpoints, done](error_code e, const asio::ip::tcp::resolver::results_type& found) {
                             endpoints = found;
                             done(e);
                           });
  });
  if (ec) return Failed("client.resolve", "cannot resolve the host name " + address_.host, ec);
  beast::tcp_stream& tcp = beast::get_lowest_layer(stream_);
  tcp.expires_after(timeout_);
  ec = Await([&](auto done) { tcp.async_connect(endpoints, done); });
  if (ec) return Failed("client.connect", "cannot connect to " + name, ec);
  ec = Await([&](auto done) { stream_.async_handshake(asio::ssl::stream_base::client, done); });
  if (ec == beast::error::timeout) return Failed("client.tls", "TLS handshake with " + name, ec);
  if (ec) return HandshakeError(stream_.native_handle(), address_, root, ec.message() + HintFor(ec));
  return Ok();
}

Error Exchange::ReadFailed(const error_code& ec) const {
  const std::string name = address_.ToString();
  if (ec == http::error::body_limit || ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    return Error(Code::kResourceExhausted, "client.body_limit",
                 "the answer of " + name + " is larger than " + std::to_string(kMaxBody >> 20U) + " MiB");
  }
  // A TLS 1.3 server refuses a client certificate only after the handshake.
  if (ec.category() == asio::error::get_ssl_category()) {
    return Error(Code::kUnauthenticated, "client.tls",
                 name + " ended the TLS connection: " + ec.message() + HintFor(ec));
  }
  if (ec == http::error::end_of_stream || ec == http::error::partial_message ||
      ec == asio::ssl::error::stream_truncated) {
    const bool silent = ec != http::error::partial_message;
    return Error(Code::kUnavailable, "client.http",
                 name + " closed the connection before its answer was complete" +
                     (silent ? ". Is this the client API (port 4433 by default), and not the marble API (2001)?" : ""));
  }
  if (ec == beast::error::timeout) return Failed("client.http", name, ec);
  return Failed("client.http", name + " gave no valid HTTP answer", ec);
}

Result<HttpResponse> Exchange::Send(const HttpRequest& request) {
  http::request<Body> message;
  message.version(11);
  message.method(request.method == HttpMethod::kGet ? http::verb::get : http::verb::post);
  message.target(request.target);
  message.set(http::field::host, address_.ToString());
  message.set(http::field::user_agent, "steelie");
  message.set(http::field::accept, "application/json");
  message.set(http::field::connection, "close");
  if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
  message.body() = request.body;
  message.prepare_payload();
  error_code ec = Await([&](auto done) { http::async_write(stream_, message, done); });
  // A server may refuse a large body before it has read all of it: then its answer says why.
  const bool written = !ec;
  if (ec == beast::error::timeout) return Failed("client.http", "sending to " + address_.ToString(), ec);

  http::response_parser<Body> parser;
  parser.body_limit(kMaxBody);
  parser.header_limit(kMaxHeader);
  // Lines between the chunks of a body have no limit of their own.
  beast::flat_buffer buffer(2 * kMaxHeader);
  const error_code read = Await([&](auto done) { http::async_read(stream_, buffer, parser, done); });
  if (read) return written ? ReadFailed(read) : Failed("client.http", "sending to " + address_.ToString(), ec);

  HttpResponse out;
  out.status = parser.get().result_int();
  out.body = std::move(parser.get().body());
  out.server = PeerCertificate(stream_.native_handle());
  return out;
}

}  // namespace

Result<HttpResponse> HttpsClient::Send(const HttpRequest& request) {
  STEELIE_TRY(ssl_ctx_st* const context, NewTlsContext(options_.root, options_.identity));
  Exchange exchange(address_, context, options_.timeout);
  STEELIE_CHECK_OK(exchange.Connect(options_.root));
  return exchange.Send(request);
}

}  // namespace steelie::client
