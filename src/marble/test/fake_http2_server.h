#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace steelie::marble {

/// The server's end of one HTTP/2 connection, without sockets. It answers the first request as the test says.
class FakeHttp2Server {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  struct Answer {
    Headers headers = {{":status", "200"}, {"content-type", "application/grpc"}};
    Bytes body;
    Headers trailers = {{"grpc-status", "0"}};
    bool trailers_only = false;  // headers and trailers in one block, no body
    std::uint32_t reset = 0;     // reset the stream with this error instead
    bool go_away = false;        // end the connection instead
  };

  explicit FakeHttp2Server(Answer answer) : answer_(std::move(answer)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          Self(user).request_headers.emplace_back(AsText({name, name_size}), AsText({value, value_size}));
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks,
        [](nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size, void* user) {
          Bytes& body = Self(user).request_body;
          body.insert(body.end(), data, data + size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
          if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) Self(user).Respond(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~FakeHttp2Server() { nghttp2_session_del(session_); }
  FakeHttp2Server(const FakeHttp2Server&) = delete;
  FakeHttp2Server& operator=(const FakeHttp2Server&) = delete;

  void Feed(ByteView bytes) { (void)nghttp2_session_mem_recv(session_, bytes.data(), bytes.size()); }

  Bytes TakeOutput() {
    Bytes out;
    const std::uint8_t* data = nullptr;
    for (ssize_t n = 0; (n = nghttp2_session_mem_send(session_, &data)) > 0;) out.insert(out.end(), data, data + n);
    return out;
  }

  std::string RequestHeader(const std::string& name) const {
    for (const auto& [key, value] : request_headers) {
      if (key == name) return value;
    }
    return "";
  }

  Headers request_headers;
  Bytes request_body;

 private:
  static FakeHttp2Server& Self(void* user) { return *static_cast<FakeHttp2Server*>(user); }

  static std::vector<nghttp2_nv> Native(const Headers& headers) {
    std::vector<nghttp2_nv> out;
    for (const auto& [name, value] : headers) {
      out.push_back({const_cast<std::uint8_t*>(AsBytes(name).data()), const_cast<std::uint8_t*>(AsBytes(value).data()),
                     name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return out;
  }

  void Respond(std::int32_t id) {
    if (answer_.go_away) {
      nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
      return;
    }
    if (answer_.reset != 0) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, answer_.reset);
      return;
    }
    if (answer_.trailers_only) {
      Headers all = answer_.headers;
      all.insert(all.end(), answer_.trailers.begin(), answer_.trailers.end());
      const auto native = Native(all);
      nghttp2_submit_headers(session_, NGHTTP2_FLAG_END_STREAM, id, nullptr, native.data(), native.size(), nullptr);
      return;
    }
    const auto native = Native(answer_.headers);
    nghttp2_data_provider provider{};
    provider.read_callback = [](nghttp2_session* session, std::int32_t stream, std::uint8_t* out, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source*,
                                void* user) { return Self(user).ReadBody(session, stream, out, size, flags); };
    nghttp2_submit_response(session_, id, native.data(), native.size(), &provider);
  }

  ssize_t ReadBody(nghttp2_session* session, std::int32_t stream, std::uint8_t* out, std::size_t size,
                   std::uint32_t* flags) {
    const std::size_t n = std::min(size, answer_.body.size() - sent_);
    std::copy_n(answer_.body.begin() + static_cast<std::ptrdiff_t>(sent_), n, out);
    sent_ += n;
    if (sent_ == answer_.body.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!answer_.trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto trailers = Native(answer_.trailers);
        nghttp2_submit_trailer(session, stream, trailers.data(), trailers.size());
      }
    }
    return static_cast<ssize_t>(n);
  }

  Answer answer_;
  std::size_t sent_ = 0;
  nghttp2_session* session_ = nullptr;
};

}  // namespace steelie::marble
