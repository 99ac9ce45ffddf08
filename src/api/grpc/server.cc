#include "api/grpc/server.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <map>

#include "api/grpc/call_log.h"
#include "api/grpc/message.h"
#include "api/tls/context.h"
#include "base/check.h"

namespace steelie::api::grpc {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct ServerState {
  std::shared_ptr<net::Listener> listener;
  std::unique_ptr<asio::ssl::context> tls;
  Service& service;
  asio::thread_pool& workers;
  Logger& logger;
  CallCounter* counter;
  ServerLimits limits;
  RequestBudget budget;
  CallLog calls;
  std::atomic<std::size_t> connections = 0;
  std::atomic<bool> stopping = false;
};

namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kReadSize = std::size_t{16} << 10U;
// A request body: one message with its prefix, and not a byte more.
constexpr std::size_t kMaxBody = kMaxMessage + 5;
constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 10U;

/// The bytes of one request, counted against the budget for as long as they are held.
class Body {
 public:
  Body() = default;
  Body(Body&& other) noexcept
      : account_(std::move(other.account_)),
        bytes_(std::move(other.bytes_)),
        counted_(std::exchange(other.counted_, 0)) {}
  Body& operator=(Body&&) = delete;
  ~Body() { Drop(); }

  /// False if that would be too much; then nothing is held any more.
  bool Append(const std::shared_ptr<RequestBudget::Account>& account, ByteView data) {
    if (data.size() > kMaxBody - counted_ || !account->Take(data.size())) {
      Drop();
      return false;
    }
    account_ = account;
    counted_ += data.size();
    bytes_.insert(bytes_.end(), data.begin(), data.end());
    return true;
  }
  ByteView bytes() const { return bytes_; }
  void Drop() {
    Bytes().swap(bytes_);
    if (account_ != nullptr) account_->Give(std::exchange(counted_, 0));
  }

 private:
  std::shared_ptr<RequestBudget::Account> account_;
  Bytes bytes_;
  std::size_t counted_ = 0;
};

/// One call: what arrived so far, and what is left to send.
struct Stream {
  std::string method, path, content_type, timeout;
  std::size_t header_bytes = 0;
  Body body;
  bool too_large = false;
  bool dispatched = false;
  Time arrived = std::chrono::steady_clock::now();
  std::optional<Time> answered;  // when there was something to read for the peer
  SecretBuffer response;         // prefix and message
  std::size_t sent = 0;
  std::string status = "0";
  std::string status_message;
  std::string reason;  // travels in a trailer of its own, for clients that want more than a text
};

nghttp2_nv Header(std::string_view name, std::string_view value) {
  // nghttp2 takes non-const pointers but copies both by default.
  const auto pointer = [](std::string_view text) { return const_cast<std::uint8_t*>(AsBytes(text).data()); };
  return {pointer(name), pointer(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<ServerState> shared);
  ~Connection();

  void Start();

 private:
  using Callbacks = std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>;

  void OnHandshake(const error_code& code);
  void ReadSome();
  void OnRead(const error_code& code, std::size_t size);
  void Flush();
  void OnWritten(const error_code& code);
  void Touch(std::chrono::seconds limit) { deadline_ = std::chrono::steady_clock::now() + limit; }
  void WatchDeadline();
  bool IsTooSlow(Time now) const;
  void Close();

  void CreateSession();
  int OnHeader(std::int32_t id, std::string_view name, std::string_view value);
  int OnData(std::int32_t id, ByteView data);
  void OnStreamClosed(std::int32_t id);
  void OnRequestEnd(std::int32_t id);
  void Dispatch(std::int32_t id, Stream& stream);
  void Respond(std::int32_t id, std::string_view path, Result<SecretBuffer> result);
  void Refuse(std::int32_t id, Error error);
  void SubmitTrailersOnly(std::int32_t id, const Stream& stream);
  ssize_t ReadResponse(std::int32_t id, std::uint8_t* out, std::size_t size, std::uint32_t* flags);

  static Connection& Self(void* user) { return *static_cast<Connection*>(user); }

  std::shared_ptr<ServerState> shared_;
  asio::ssl::stream<tcp::socket> stream_;
  asio::steady_timer timer_;
  /// Only moves further away. The timer follows it when it runs out, since setting one anew takes two system calls.
  Time deadline_;
  Time write_began_;
  std::string peer_;
  std::shared_ptr<RequestBudget::Account> account_;
  nghttp2_session* session_ = nullptr;
  control::Caller caller_;
  std::map<std::int32_t, Stream> streams_;
  std::array<std::uint8_t, kReadSize> in_{};
  SecretBuffer out_;
  std::size_t unread_ = 0;  // bytes of answers in streams_
  bool writing_ = false;
  bool closed_ = false;
};

std::string TextOf(const tcp::endpoint& peer) {
  const std::string address = peer.address().to_string();
  return (peer.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(peer.port());
}

Connection::Connection(tcp::socket socket, std::shared_ptr<ServerState> shared)
    : shared_(std::move(shared)), stream_(std::move(socket), *shared_->tls), timer_(stream_.get_executor()) {
  error_code ignored;
  const tcp::endpoint peer = stream_.lowest_layer().remote_endpoint(ignored);
  peer_ = TextOf(peer);
  account_ = shared_->budget.Open(peer.address());
  ++shared_->connections;
}

Connection::~Connection() {
  nghttp2_session_del(session_);
  --shared_->connections;
}

void Connection::Start() {
  Touch(shared_->limits.handshake);
  WatchDeadline();
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](error_code code) { self->OnHandshake(code); });
}

void Connection::OnHandshake(const error_code& code) {
  if (code) {
    shared_->logger.Debug("TLS handshake of a marble failed", {{"error", code.message()}});
    Close();
    return;
  }
  net::AcknowledgeNow(stream_.next_layer());
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(stream_.native_handle(), &protocol, &length);
  if (AsText({protocol, length}) != "h2") {
    Close();
    return;
  }
  caller_.leaf = tls::PeerLeaf(stream_.native_handle());
  CreateSession();
  Flush();
  ReadSome();
}

void Connection::CreateSession() {
  nghttp2_session_callbacks* raw = nullptr;
  STEELIE_CHECK(nghttp2_session_callbacks_new(&raw) == 0);
  const Callbacks callbacks(raw, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_begin_headers_callback(raw,
                                                          [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                                                            if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
                                                              Self(user).streams_[frame->hd.stream_id];
                                                            return 0;
                                                          });
  nghttp2_session_callbacks_set_on_header_callback(
      raw, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        return Self(user).OnHeader(frame->hd.stream_id, AsText({name, name_size}), AsText({value, value_size}));
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      raw, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size, void* user) {
        return Self(user).OnData(id, {data, size});
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      raw, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) Self(user).OnRequestEnd(frame->hd.stream_id);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      raw, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        Self(user).OnStreamClosed(id);
        return 0;
      });
  STEELIE_CHECK(nghttp2_session_server_new(&session_, raw, this) == 0);
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, shared_->limits.concurrent_streams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 20U},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

int Connection::OnHeader(std::int32_t id, std::string_view name, std::string_view value) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return 0;
  Stream& stream = at->second;
  stream.header_bytes += name.size() + value.size() + 32;
  if (stream.header_bytes > kMaxHeaderBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  // Streams that are never finished cost what is kept of them, and header compression makes them cheap to open: no more
  // is kept than tells a known value from others.
  const auto kept = [&](std::size_t most) { return std::string(value.substr(0, most)); };
  if (name == ":method") stream.method = kept(16);
  if (name == ":path") stream.path = kept(128);
  if (name == "content-type") stream.content_type = kept(64);
  if (name == "grpc-timeout") stream.timeout = kept(32);
  return 0;
}

int Connection::OnData(std::int32_t id, ByteView data) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return 0;
  Stream& stream = at->second;
  if (!stream.too_large) stream.too_large = !stream.body.Append(account_, data);
  return 0;
}

void Connection::OnStreamClosed(std::int32_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return;
  unread_ -= at->second.response.size();
  streams_.erase(at);
}

void Connection::OnRequestEnd(std::int32_t id) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || at->second.dispatched) return;
  Stream& stream = at->second;
  stream.dispatched = true;
  if (shared_->counter != nullptr) shared_->counter->CallStarted();
  if (shared_->stopping) {
    Refuse(id, Error(Code::kUnavailable, "grpc.stopping", "the Coordinator is shutting down"));
  } else if (stream.method != "POST" || !stream.content_type.starts_with("application/grpc")) {
    Refuse(id, Error(Code::kUnimplemented, "grpc.content_type", "expected a gRPC call"));
  } else if (stream.too_large) {
    Refuse(id, Error(Code::kResourceExhausted, "grpc.size",
                     "received message larger than max (4194304 bytes), or too many at once"));
  } else if (unread_ > shared_->limits.unread_bytes) {
    Refuse(id, Error(Code::kResourceExhausted, "grpc.unread",
                     "more than " + std::to_string(shared_->limits.unread_bytes) +
                         " bytes of answers wait on this connection: read them first"));
  } else {
    Dispatch(id, stream);
  }
}

void Connection::Refuse(std::int32_t id, Error error) {
  Stream& stream = streams_.at(id);
  stream.body.Drop();
  const std::string path = std::move(stream.path);
  Respond(id, path, std::move(error));
}

void Connection::Dispatch(std::int32_t id, Stream& stream) {
  std::optional<Time> deadline;
  if (const auto timeout = ParseTimeout(stream.timeout)) deadline = stream.arrived + *timeout;
  asio::post(shared_->workers, [self = shared_from_this(), id, deadline, path = std::move(stream.path),
                                body = std::move(stream.body)]() mutable {
    Result<SecretBuffer> result = Error(Code::kDeadlineExceeded, "grpc.deadline", "the call's deadline has passed");
    if (!deadline || std::chrono::steady_clock::now() < *deadline) {
      const auto message = UnwrapMessage(body.bytes());
      result = message ? self->shared_->service.Call(path, *message, self->caller_) : message.error();
    }
    body.Drop();
    asio::post(self->stream_.get_executor(), [self, id, path = std::move(path), result = std::move(result)]() mutable {
      if (self->closed_) return;
      self->Respond(id, path, std::move(result));
      self->Flush();
    });
  });
}

void Connection::Respond(std::int32_t id, std::string_view path, Result<SecretBuffer> result) {
  if (shared_->counter != nullptr) {
    shared_->counter->CallFinished(result ? Code::kUnknown : result.error().code(), result.has_value());
  }
  const auto at = streams_.find(id);
  const Time now = std::chrono::steady_clock::now();
  const auto duration = at == streams_.end() ? Time::duration() : now - at->second.arrived;
  shared_->calls.Finished({path, peer_, duration}, result ? nullptr : &result.error(), now);
  if (at == streams_.end()) return;  // the peer gave up
  Stream& stream = at->second;
  stream.answered = now;
  if (!result) {
    stream.status = std::to_string(StatusNumber(result.error().code()));
    stream.reason = result.error().reason();
    stream.status_message = EncodeStatusMessage(result.error().message().substr(0, 4096));
    SubmitTrailersOnly(id, stream);
    return;
  }
  const auto prefix = MessagePrefix(result->size());
  stream.response.reserve(prefix.size() + result->size());
  stream.response.insert(stream.response.end(), prefix.begin(), prefix.end());
  stream.response.insert(stream.response.end(), result->begin(), result->end());
  unread_ += stream.response.size();
  const std::array headers = {Header(":status", "200"), Header("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t stream_id, std::uint8_t* out, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*,
                              void* user) { return Self(user).ReadResponse(stream_id, out, size, flags); };
  nghttp2_submit_response(session_, id, headers.data(), headers.size(), &provider);
}

void Connection::SubmitTrailersOnly(std::int32_t id, const Stream& stream) {
  const std::array headers = {Header(":status", "200"), Header("content-type", "application/grpc"),
                              Header("grpc-status", stream.status), Header("grpc-message", stream.status_message),
                              Header("steelie-reason", stream.reason)};
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_END_STREAM, id, nullptr, headers.data(), headers.size(), nullptr);
}

ssize_t Connection::ReadResponse(std::int32_t id, std::uint8_t* out, std::size_t size, std::uint32_t* flags) {
  const auto at = streams_.find(id);
  if (at == streams_.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  Stream& stream = at->second;
  const std::size_t n = std::min(size, stream.response.size() - stream.sent);
  std::copy_n(stream.response.begin() + static_cast<std::ptrdiff_t>(stream.sent), n, out);
  stream.sent += n;
  if (stream.sent == stream.response.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::array trailers = {Header("grpc-status", "0")};
    nghttp2_submit_trailer(session_, id, trailers.data(), trailers.size());
  }
  return static_cast<ssize_t>(n);
}

void Connection::ReadSome() {
  if (closed_) return;
  Touch(shared_->limits.idle);
  stream_.async_read_some(asio::buffer(in_),
                          [self = shared_from_this()](error_code code, std::size_t size) { self->OnRead(code, size); });
}

void Connection::OnRead(const error_code& code, std::size_t size) {
  if (code || closed_) {
    Close();
    return;
  }
  if (nghttp2_session_mem_recv(session_, in_.data(), size) < 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
  }
  Flush();
  // Every frame of a peer may call for one of ours; who sends and never reads does not fill our memory with them.
  if (nghttp2_session_get_outbound_queue_size(session_) > shared_->limits.queued_frames) {
    Close();
    return;
  }
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
    Close();
    return;
  }
  ReadSome();
}

void Connection::Flush() {
  if (writing_ || closed_ || session_ == nullptr) return;
  out_.clear();
  while (out_.size() < (std::size_t{256} << 10U)) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) break;
    out_.insert(out_.end(), data, data + size);
  }
  if (out_.empty()) return;
  writing_ = true;
  write_began_ = std::chrono::steady_clock::now();
  asio::async_write(stream_, asio::buffer(out_.data(), out_.size()),
                    [self = shared_from_this()](error_code code, std::size_t) { self->OnWritten(code); });
}

void Connection::OnWritten(const error_code& code) {
  writing_ = false;
  Wipe(out_.data(), out_.size());
  if (code) {
    Close();
    return;
  }
  Flush();
}

void Connection::WatchDeadline() {
  // Answers and requests have deadlines of their own, which a look now and then is enough for.
  const auto look = std::min(shared_->limits.answer, shared_->limits.request);
  timer_.expires_at(std::min(deadline_, std::chrono::steady_clock::now() + look));
  timer_.async_wait([weak = weak_from_this()](error_code code) {
    const auto self = weak.lock();
    if (code || self == nullptr || self->closed_) return;
    const Time now = std::chrono::steady_clock::now();
    if (now >= self->deadline_ || self->IsTooSlow(now)) {
      self->Close();
    } else {
      self->WatchDeadline();
    }
  });
}

// A peer that goes on sending is not idle, however slowly it reads or sends what matters.
bool Connection::IsTooSlow(Time now) const {
  const ServerLimits& limits = shared_->limits;
  if (writing_ && now - write_began_ >= limits.answer) return true;
  return std::ranges::any_of(streams_, [&](const auto& entry) {
    const Stream& stream = entry.second;
    if (stream.answered) return now - *stream.answered >= limits.answer;
    return !stream.dispatched && now - stream.arrived >= limits.request;
  });
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  timer_.cancel();
  error_code ignored;
  stream_.lowest_layer().shutdown(tcp::socket::shutdown_both, ignored);
  stream_.lowest_layer().close(ignored);
}

}  // namespace

Server::Server(std::shared_ptr<net::Listener> listener, std::unique_ptr<asio::ssl::context> tls, Service& service,
               asio::thread_pool& workers, Logger& logger, CallCounter* counter, ServerLimits limits)
    : shared_(new ServerState{std::move(listener), std::move(tls), service, workers, logger, counter, limits,
                              RequestBudget(limits.request_bytes), CallLog(logger)}) {}

Server::~Server() { Stop(); }

void Server::Start() {
  shared_->listener->Start([weak = std::weak_ptr<ServerState>(shared_)](tcp::socket socket) {
    const auto shared = weak.lock();
    if (shared == nullptr) return;
    if (shared->connections >= shared->limits.max_connections) {
      shared->logger.Warn("Too many connections to the marble API", {});
      return;
    }
    std::make_shared<Connection>(std::move(socket), shared)->Start();
  });
}

std::size_t Server::request_bytes() const { return shared_->budget.used(); }
std::size_t Server::connections() const { return shared_->connections; }

void Server::Stop() {
  shared_->stopping = true;
  shared_->listener->Stop();
}

}  // namespace steelie::api::grpc
