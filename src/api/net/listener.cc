#include "api/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace steelie::api::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Error BindFailed(const std::string& address, const error_code& code) {
  return Error(Code::kUnavailable, "listen.bind", "cannot listen on " + address + ": " + code.message());
}

Result<tcp::acceptor> OpenEndpoint(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
                                   const std::string& address, bool dual_stack) {
  tcp::acceptor acceptor(executor);
  error_code code;
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code && dual_stack) acceptor.set_option(asio::ip::v6_only(false), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) return BindFailed(address, code);
  return acceptor;
}

Result<tcp::acceptor> OpenAddress(const asio::any_io_executor& executor, const std::string& address) {
  STEELIE_TRY(const HostPort parts, SplitHostPort(address));
  if (parts.host.empty()) {
    const auto port = static_cast<unsigned short>(std::stoi(parts.port));
    auto both = OpenEndpoint(executor, {tcp::v6(), port}, address, true);
    return both ? std::move(both) : OpenEndpoint(executor, {tcp::v4(), port}, address, false);
  }
  tcp::resolver resolver(executor);
  error_code code;
  const auto found = resolver.resolve(parts.host, parts.port, tcp::resolver::passive, code);
  if (code || found.empty()) return BindFailed(address, code);
  // `localhost` may be both ::1 and 127.0.0.1; clients of existing deployments try IPv4.
  const auto v4 = std::ranges::find_if(found, [](const auto& e) { return e.endpoint().address().is_v4(); });
  return OpenEndpoint(executor, (v4 != found.end() ? *v4 : *found.begin()).endpoint(), address, false);
}

using QuickAck = asio::detail::socket_option::boolean<IPPROTO_TCP, TCP_QUICKACK>;

}  // namespace

void AcknowledgeNow(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(QuickAck(true), ignored);
}

Result<HostPort> SplitHostPort(const std::string& address) {
  const Error bad(Code::kInvalidArgument, "listen.address",
                  "`" + address.substr(0, 200) + "` is no address: expected HOST:PORT, :PORT or [IPv6]:PORT");
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return bad;
  HostPort out{address.substr(0, colon), address.substr(colon + 1)};
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find(':') != std::string::npos) {
    return bad;
  }
  const bool digits = !out.port.empty() && out.port.size() <= 5 &&
                      std::ranges::all_of(out.port, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(out.port) > 65535) return bad;
  return out;
}

Listener::Listener(IoThreads& io, tcp::acceptor acceptor, Logger& logger)
    : io_(io), acceptor_(std::move(acceptor)), logger_(logger) {}

Result<std::shared_ptr<Listener>> Listener::Open(IoThreads& io, const std::string& address, Logger& logger) {
  STEELIE_TRY(tcp::acceptor acceptor, OpenAddress(io.First(), address));
  return std::shared_ptr<Listener>(new Listener(io, std::move(acceptor), logger));
}

void Listener::Start(OnConnection on_connection) {
  on_connection_ = std::move(on_connection);
  AcceptNext();
}

void Listener::AcceptNext() {
  acceptor_.async_accept(io_.Next(), [self = shared_from_this()](error_code code, tcp::socket socket) {
    if (code == asio::error::operation_aborted) return;
    if (!code) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const auto executor = socket.get_executor();
      asio::dispatch(executor,
                     [self, socket = std::move(socket)]() mutable { self->on_connection_(std::move(socket)); });
      self->AcceptNext();
      return;
    }
    // Out of descriptors, most likely: wait for others to end instead of spinning.
    self->logger_.Warn("Accepting a connection failed", {{"error", code.message()}});
    auto timer = std::make_shared<asio::steady_timer>(self->io_.First(), std::chrono::milliseconds(100));
    timer->async_wait([self, timer](error_code) {
      if (self->acceptor_.is_open()) self->AcceptNext();
    });
  });
}

void Listener::Stop() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
  });
}

std::string Listener::LocalAddress() const {
  error_code ignored;
  const auto endpoint = acceptor_.local_endpoint(ignored);
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace steelie::api::net
