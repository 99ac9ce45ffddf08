#include "marble/http2_exchange.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"

namespace steelie::marble {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10U;
constexpr std::int32_t kWindow = std::int32_t{16} << 20U;

nghttp2_nv Header(std::string_view name, std::string_view value) {
  // nghttp2 takes non-const pointers but copies both by default.
  const auto pointer = [](std::string_view text) { return const_cast<std::uint8_t*>(AsBytes(text).data()); };
  return {pointer(name), pointer(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

Error ProtocolError(std::string message) { return Error(Code::kInternal, "activate.protocol", std::move(message)); }

}  // namespace

struct Http2Exchange::State {
  nghttp2_session* session = nullptr;
  std::int32_t stream = -1;
  Bytes request;
  std::size_t sent = 0;
  std::size_t max_response = 0;
  GrpcResponse response;
  std::size_t header_bytes = 0;
  bool closed = false;
  std::optional<Error> failure;

  static State& Of(void* user) { return *static_cast<State*>(user); }
  bool IsOurs(std::int32_t id) const { return id == stream; }

  int OnHeader(std::string_view name, std::string_view value);
  void OnData(ByteView data);
  void OnClose(std::uint32_t error_code);
  ssize_t ReadRequest(std::uint8_t* out, std::size_t size, std::uint32_t* flags);
  void Fail(Error error) {
    if (!failure) failure = std::move(error);
  }
};

int Http2Exchange::State::OnHeader(std::string_view name, std::string_view value) {
  header_bytes += name.size() + value.size() + 32;
  if (header_bytes > kMaxHeaderBytes) {
    Fail(ProtocolError("the server sent too many headers"));
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (name == ":status") response.http_status = value;
  if (name == "content-type") response.content_type = value;
  if (name == "grpc-status") response.grpc_status = value;
  if (name == "grpc-message") response.grpc_message = value;
  return 0;
}

void Http2Exchange::State::OnData(ByteView data) {
  if (failure) return;
  SecretBuffer& body = response.body;
  if (body.size() + data.size() > max_response) {
    Fail(Error(Code::kResourceExhausted, "activate.size",
               "the response is larger than " + std::to_string(max_response) + " bytes"));
    return;
  }
  body.insert(body.end(), data.begin(), data.end());
}

void Http2Exchange::State::OnClose(std::uint32_t error_code) {
  closed = true;
  // After its trailers a server may reset the stream with NO_ERROR; with a status there is nothing left to learn.
  if (error_code == NGHTTP2_NO_ERROR || !response.grpc_status.empty()) return;
  if (error_code == NGHTTP2_REFUSED_STREAM) {
    Fail(Error(Code::kUnavailable, "activate.unreachable", "the server refused the call before looking at it"));
  } else {
    Fail(ProtocolError(std::string("the server ended the call: ") + nghttp2_http2_strerror(error_code)));
  }
}

ssize_t Http2Exchange::State::ReadRequest(std::uint8_t* out, std::size_t size, std::uint32_t* flags) {
  const std::size_t n = std::min(size, request.size() - sent);
  std::copy_n(request.begin() + static_cast<std::ptrdiff_t>(sent), n, out);
  sent += n;
  if (sent == request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(n);
}

Http2Exchange::Http2Exchange(Request request) : state_(std::make_unique<State>()) {
  state_->request = WrapRequest(request.message);
  state_->max_response = request.max_response + 5;
  nghttp2_session_callbacks* raw = nullptr;
  STEELIE_CHECK(nghttp2_session_callbacks_new(&raw) == 0);
  const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> callbacks(
      raw, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_header_callback(
      raw, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        State& state = State::Of(user);
        if (!state.IsOurs(frame->hd.stream_id)) return 0;
        return state.OnHeader(AsText({name, name_size}), AsText({value, value_size}));
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      raw, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size, void* user) {
        State& state = State::Of(user);
        if (state.IsOurs(id)) state.OnData({data, size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      raw, [](nghttp2_session*, std::int32_t id, std::uint32_t error_code, void* user) {
        State& state = State::Of(user);
        if (state.IsOurs(id)) state.OnClose(error_code);
        return 0;
      });
  STEELIE_CHECK(nghttp2_session_client_new(&state_->session, raw, state_.get()) == 0);

  const std::array settings = {nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                               nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, std::uint32_t{kWindow}},
                               nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes}};
  nghttp2_submit_settings(state_->session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(state_->session, NGHTTP2_FLAG_NONE, 0, kWindow);

  const std::string timeout = std::to_string(request.timeout.count()) + "m";
  std::vector<nghttp2_nv> headers = {
      Header(":method", "POST"),       Header(":scheme", "https"),
      Header(":path", request.path),   Header(":authority", request.authority),
      Header("te", "trailers"),        Header("content-type", "application/grpc"),
      Header("user-agent", "steelie"),
  };
  // The header holds at most eight digits; a longer timeout is as good as none.
  if (request.timeout.count() > 0 && timeout.size() <= 9) headers.push_back(Header("grpc-timeout", timeout));
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size, std::uint32_t* flags,
                              nghttp2_data_source*,
                              void* user) { return State::Of(user).ReadRequest(out, size, flags); };
  state_->stream = nghttp2_submit_request(state_->session, nullptr, headers.data(), headers.size(), &provider, nullptr);
  STEELIE_CHECK(state_->stream > 0);
}

Http2Exchange::~Http2Exchange() { nghttp2_session_del(state_->session); }

Bytes Http2Exchange::TakeOutput() {
  Bytes out;
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t n = nghttp2_session_mem_send(state_->session, &data);
    if (n < 0) state_->Fail(ProtocolError(nghttp2_strerror(static_cast<int>(n))));
    if (n <= 0) break;
    out.insert(out.end(), data, data + n);
  }
  // The session has said goodbye, because of what the server sent.
  if (!state_->closed && nghttp2_session_want_read(state_->session) == 0) {
    state_->Fail(ProtocolError("this is no HTTP/2 server, or it ended the connection"));
  }
  return out;
}

Status Http2Exchange::Feed(ByteView bytes) {
  const ssize_t n = nghttp2_session_mem_recv(state_->session, bytes.data(), bytes.size());
  if (n < 0) return ProtocolError(std::string("not an HTTP/2 server: ") + nghttp2_strerror(static_cast<int>(n)));
  return Ok();
}

bool Http2Exchange::finished() const { return state_->closed || state_->failure.has_value(); }

Result<SecretBuffer> Http2Exchange::TakeResult() {
  if (state_->failure) return *state_->failure;
  if (!state_->closed && state_->response.grpc_status.empty()) {
    return Error(Code::kUnavailable, "activate.unreachable", "the connection ended before the call did");
  }
  return DecodeResponse(std::move(state_->response));
}

}  // namespace steelie::marble
