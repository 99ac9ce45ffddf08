#include "api/rest/http_server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "api/net/peer.h"
#include "api/rest/envelope.h"
#include "api/tls/context.h"
#include "secret/wipe.h"

namespace steelie::api::rest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

struct HttpServerState {
  std::shared_ptr<net::Listener> listener;
  std::unique_ptr<asio::ssl::context> tls;
  Handlers handlers;
  asio::thread_pool& workers;
  Logger& logger;
  HttpLimits limits;
  MemoryBudget memory;
  std::atomic<std::size_t> connections = 0;
  std::atomic<bool> stopping = false;
};

namespace {

using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using PlainStream = beast::tcp_stream;

constexpr std::chrono::seconds kDrainTime{5};
// What is read ahead of a parser beside a header: lines between the chunks of a body and after it have no limit of
// their own.
constexpr std::size_t kReadAhead = std::size_t{64} << 10U;
constexpr std::size_t kDiscardAtOnce = std::size_t{16} << 10U;

// The peer is there, but does not speak HTTP.
bool IsMalformed(const error_code& code) {
  return code && code.category() == make_error_code(http::error::bad_method).category() &&
         code != http::error::partial_message;
}

template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <typename... Args>
  explicit Session(std::shared_ptr<HttpServerState> state, Args&&... args)
      : state_(std::move(state)),
        stream_(std::forward<Args>(args)...),
        deadline_(stream_.get_executor()),
        buffer_(state_->limits.header_bytes + kReadAhead) {
    ++state_->connections;
    error_code ignored;
    sender_.peer = net::PeerOf(beast::get_lowest_layer(stream_).socket().remote_endpoint(ignored).address());
  }
  ~Session() { --state_->connections; }

  void Start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Expire(state_->limits.handshake);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code code) {
        if (code) {
          self->state_->logger.Debug("http: TLS handshake error", {{"error", code.message()}});
          return;
        }
        net::AcknowledgeNow(beast::get_lowest_layer(self->stream_).socket());
        self->caller_.leaf = tls::PeerLeaf(self->stream_.native_handle());
        self->ReadHeader();
      });
    } else {
      ReadHeader();
    }
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void Expire(std::chrono::seconds limit) { beast::get_lowest_layer(stream_).expires_after(limit); }

  // For reading requests: the stream's own timer would close the connection, so that the peer never learnt why.
  void ExpectWithin(std::chrono::seconds limit) {
    beast::get_lowest_layer(stream_).expires_never();
    timed_out_ = false;
    deadline_.expires_after(limit);
    deadline_.async_wait([weak = this->weak_from_this()](error_code code) {
      const auto self = weak.lock();
      if (code || self == nullptr) return;
      self->timed_out_ = true;
      beast::get_lowest_layer(self->stream_).cancel();
    });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(state_->limits.header_bytes));
    // The limit of the path is set once the path is known.
    parser_->body_limit(boost::none);
    ExpectWithin(state_->limits.header);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code code, std::size_t) { self->OnHeader(code); });
  }

  void OnHeader(error_code code) {
    if (code == http::error::header_limit) return Refuse(431, "request header is too large", "request.header_size");
    deadline_.cancel();
    // Nothing sent is no request that came too slowly, just a connection no longer needed.
    const bool begun = buffer_.size() > 0 || parser_->got_some();
    if (code && timed_out_ && begun) return Refuse(408, "request timeout", "request.timeout");
    if (code == http::error::end_of_stream || (code && timed_out_)) return Close();
    if (IsMalformed(code)) return Refuse(400, "malformed HTTP request", "request.http");
    if (code) return Close();
    if (!Admit()) return;
    ExpectWithin(state_->limits.body);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      continue_.emplace(http::status::continue_, 11);
      http::async_write(stream_, *continue_, [self = this->shared_from_this()](error_code failed, std::size_t) {
        if (!failed) self->ReadBody();
      });
      return;
    }
    ReadBody();
  }

  // Decides before the body is read; false if that was the answer.
  bool Admit() {
    const std::uint64_t size =
        parser_->chunked() ? std::numeric_limits<std::uint64_t>::max() : parser_->content_length().value_or(0);
    admission_ = state_->handlers.admit({parser_->get().method_string(), parser_->get().target(), size, caller_});
    const std::size_t limit = admission_.body_limit;
    if (!parser_->chunked() && size > limit) {
      RefuseSize();
      return false;
    }
    const std::size_t expected = std::min<std::uint64_t>(size, limit);
    sender_.known_user = admission_.known_user;
    auto lease = state_->memory.TakeRequest(expected, sender_);
    auto answer_lease = state_->memory.TakeAnswer(admission_.answer_bytes, sender_);
    if (!lease || !answer_lease) {
      RefuseBusy();
      return false;
    }
    request_lease_ = std::move(*lease);
    answer_lease_ = std::move(*answer_lease);
    parser_->body_limit(limit);
    return true;
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code code, std::size_t) { self->OnBody(code); });
  }

  void OnBody(error_code code) {
    deadline_.cancel();
    if (code == http::error::body_limit) return RefuseSize();
    if (code && timed_out_) return Refuse(408, "request timeout", "request.timeout");
    if (IsMalformed(code)) return Refuse(400, "malformed HTTP request", "request.http");
    if (code) return Close();
    auto message = parser_->release();
    keep_alive_ = message.keep_alive() && !state_->stopping;
    Request request{std::string(message.method_string()), std::string(message.target()), std::move(message.body()),
                    caller_};
    only_reads_ = request.method == "GET" || request.method == "HEAD";
    if (state_->handlers.started) state_->handlers.started(request.target);
    asio::post(state_->workers, [self = this->shared_from_this(), lease = std::move(request_lease_),
                                 request = std::move(request)]() mutable {
      const auto begin = std::chrono::steady_clock::now();
      Response response = self->state_->handlers.handle(request);
      if (self->state_->handlers.finished) {
        self->state_->handlers.finished(request, response, std::chrono::steady_clock::now() - begin);
      }
      // A body may hold secrets that users upload.
      Wipe(request.body.data(), request.body.size());
      std::string().swap(request.body);
      lease.Release();
      const bool head = request.method == "HEAD";
      asio::post(self->stream_.get_executor(),
                 [self, head, response = std::move(response)]() mutable { self->Write(std::move(response), head); });
    });
  }

  void Refuse(int status, const std::string& message, const char* reason) {
    RefuseWith(ErrorEnvelope(status, message, reason));
  }

  void RefuseSize() {
    if (admission_.refusal) return RefuseWith(std::move(*admission_.refusal));
    Refuse(413, "request body is larger than " + std::to_string(admission_.body_limit) + " bytes", "request.size");
  }

  void RefuseBusy() {
    Response response = ErrorEnvelope(
        503,
        "too many large requests or answers are under way, from your address or on all connections together: try again "
        "later",
        "request.busy");
    response.headers.emplace_back("Retry-After", "5");
    RefuseWith(std::move(response));
  }

  // Not all of the request was read, so there can be no further one.
  void RefuseWith(Response response) {
    if (state_->handlers.unread) {
      const bool known = parser_ && parser_->is_header_done();
      state_->handlers.unread(known ? std::string_view(parser_->get().method_string()) : std::string_view(),
                              known ? std::string_view(parser_->get().target()) : std::string_view(), response);
    }
    keep_alive_ = false;
    only_reads_ = false;
    unread_ = true;
    parser_.reset();
    request_lease_.Release();
    Write(std::move(response), false);
  }

  void Write(Response response, bool head) {
    response_.emplace();
    response_->version(11);
    response_->result(static_cast<unsigned>(response.status));
    response_->set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) response_->set(name, value);
    response_->keep_alive(keep_alive_);
    const std::size_t size = response.body.size();
    if (only_reads_ && size > std::max(admission_.answer_bytes, MemoryBudget::kLarge)) {
      // Larger than was thought. What has changed something is answered in any case.
      answer_lease_.Release();
      auto lease = state_->memory.TakeAnswer(size, sender_);
      if (!lease) {
        Wipe(response.body.data(), response.body.size());
        return RefuseBusy();
      }
      answer_lease_ = std::move(*lease);
    }
    if (!head) response_->body() = std::move(response.body);
    response_->content_length(size);
    Expire(state_->limits.answer);
    http::async_write(stream_, *response_, [self = this->shared_from_this()](error_code code, std::size_t) {
      Wipe(self->response_->body().data(), self->response_->body().size());
      self->response_.reset();
      self->answer_lease_.Release();
      if (code) return self->Close();
      if (self->unread_) return self->Drain();
      if (!self->keep_alive_) return self->Close();
      self->ReadHeader();
    });
  }

  // Closing with bytes unread resets the connection, and the peer may lose the answer: it is told the end, and what it
  // still sends is thrown away for a moment.
  void Drain() {
    buffer_.clear();
    buffer_.shrink_to_fit();
    Expire(kDrainTime);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->DiscardAll(); });
    } else {
      DiscardAll();
    }
  }

  void DiscardAll() {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_send, ignored);
    discarded_ = std::make_unique<std::array<char, kDiscardAtOnce>>();
    Expire(kDrainTime);
    DiscardSome();
  }

  void DiscardSome() {
    beast::get_lowest_layer(stream_).async_read_some(asio::buffer(*discarded_),
                                                     [self = this->shared_from_this()](error_code code, std::size_t) {
                                                       if (!code) self->DiscardSome();
                                                     });
  }

  void Close() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Expire(std::chrono::seconds(5));
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    } else {
      error_code ignored;
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  std::shared_ptr<HttpServerState> state_;
  Stream stream_;
  asio::steady_timer deadline_;
  bool timed_out_ = false;
  control::Caller caller_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response<http::empty_body>> continue_;
  MemoryBudget::Sender sender_;
  Admission admission_;
  MemoryBudget::Lease request_lease_;
  MemoryBudget::Lease answer_lease_;
  std::unique_ptr<std::array<char, kDiscardAtOnce>> discarded_;
  bool keep_alive_ = false;
  bool only_reads_ = false;
  bool unread_ = false;  // the peer may still be sending
};

}  // namespace

HttpServer::HttpServer(std::shared_ptr<net::Listener> listener, std::unique_ptr<asio::ssl::context> tls,
                       Handlers handlers, asio::thread_pool& workers, Logger& logger, HttpLimits limits)
    : state_(new HttpServerState{std::move(listener), std::move(tls), std::move(handlers), workers, logger, limits,
                                 MemoryBudget(limits.memory)}) {}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Start() {
  state_->listener->Start([weak = std::weak_ptr<HttpServerState>(state_)](tcp::socket socket) {
    const auto state = weak.lock();
    if (state == nullptr) return;
    if (state->connections >= state->limits.max_connections) {
      state->logger.Warn("Too many connections to the client API", {});
      return;
    }
    if (state->tls != nullptr) {
      std::make_shared<Session<TlsStream>>(state, std::move(socket), *state->tls)->Start();
    } else {
      std::make_shared<Session<PlainStream>>(state, std::move(socket))->Start();
    }
  });
}

std::size_t HttpServer::connections() const { return state_->connections; }

void HttpServer::Stop() {
  state_->stopping = true;
  state_->listener->Stop();
}

}  // namespace steelie::api::rest
