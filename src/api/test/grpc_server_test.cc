#include "api/grpc/server.h"

#include <atomic>
#include <future>

#include "api/test/loopback.h"
#include "api/tls/context.h"
#include "crypto/openssl_util.h"
#include "crypto/random.h"
#include "pki/leaf.h"

namespace steelie::api::grpc {
namespace {

control::ServerIdentity NewIdentity() {
  SystemRandom random;
  const PrivateKey key = *PrivateKey::Generate(KeyKind::kEcP256);
  return {key, *Certificate::FromDer(
                   *pki::IssueSelfSigned("test", key, {"localhost"}, {}, random.Take<16>(), SystemClock().Now()))};
}

/// A peer that speaks HTTP/2 frame by frame, as well or as badly as a test wants.
class Peer {
 public:
  enum Type : std::uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kWindowUpdate = 8 };
  static constexpr std::uint8_t kEnd = 1;
  static constexpr std::uint8_t kEndHeaders = 4;

  explicit Peer(boost::asio::ip::tcp::socket socket, std::uint32_t window = 65535) : socket_(std::move(socket)) {
    const control::ServerIdentity identity = NewIdentity();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    constexpr std::array<std::uint8_t, 3> kAlpn = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_.get(), kAlpn.data(), kAlpn.size());
    SSL_CTX_use_certificate(context_.get(), identity.certificate.native());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.native());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    EXPECT_EQ(SSL_connect(ssl_.get()), 1);
    Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Send(kSettings, 0, 0, std::string("\0\4", 2) + Number(window));
    Send(kWindowUpdate, 0, 0, Number(0x7fff0000U - 65535U));
  }

  bool Send(Type type, std::uint8_t flags, std::uint32_t stream, const std::string& payload) {
    const auto size = static_cast<std::uint32_t>(payload.size());
    return Write(Number(size).substr(1) + static_cast<char>(type) + static_cast<char>(flags) + Number(stream) +
                 payload);
  }
  bool Begin(std::uint32_t stream, const std::vector<std::pair<std::string, std::string>>& further = {},
             const std::string& path = "/rpc.Marble/Activate") {
    std::vector<std::pair<std::string, std::string>> headers = {{":method", "POST"},
                                                                {":scheme", "https"},
                                                                {":path", path},
                                                                {":authority", "localhost"},
                                                                {"content-type", "application/grpc"},
                                                                {"te", "trailers"}};
    headers.insert(headers.end(), further.begin(), further.end());
    std::string block;
    for (const auto& [name, value] : headers) block += '\0' + Text(name) + Text(value);
    return Send(kHeaders, kEndHeaders, stream, block);
  }
  /// A part of a message of `whole` bytes.
  bool Body(std::uint32_t stream, std::size_t size, std::uint8_t flags = 0) {
    std::string body(size, 'x');
    body.replace(0, 5, std::string(1, '\0') + Number(static_cast<std::uint32_t>(size - 5)));
    return Send(kData, flags, stream, body);
  }
  bool Ping() { return Send(kPing, 0, 0, std::string(8, 'p')); }
  /// Bytes that arrive before the end, or before nothing has come for long.
  std::size_t ReadAll() {
    std::size_t out = 0;
    std::array<char, 65536> buffer{};
    for (int n = 1; n > 0; out += n > 0 ? static_cast<std::size_t>(n) : 0) {
      n = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    }
    return out;
  }
  std::size_t Read() {
    std::array<char, 65536> buffer{};
    const int n = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void Disconnect() { socket_.close(); }

 private:
  // A string of HPACK, not compressed: its length in seven bits, or what is above 127 in groups of seven.
  static std::string Text(const std::string& text) {
    std::string out(1, static_cast<char>(std::min<std::size_t>(text.size(), 127)));
    if (text.size() < 127) return out + text;
    std::size_t rest = text.size() - 127;
    for (; rest >= 128; rest >>= 7U) out += static_cast<char>(128 + rest % 128);
    return out + static_cast<char>(rest) + text;
  }
  static std::string Number(std::uint32_t n) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> static_cast<unsigned>(shift));
    return out;
  }
  bool Write(const std::string& bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<SSL_CTX, openssl::Deleter<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, openssl::Deleter<SSL_free>> ssl_;
};

class GrpcServerTest : public testing::Loopback, public Service, public CallCounter {
 protected:
  void Start(ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(listener_,
                                       tls::MakeServerContext({.identity = [this] { return identity_; },
                                                               .clients = tls::ClientCertificates::kRequired,
                                                               .alpn = {"h2"},
                                                               .alpn_required = true}),
                                       *this, workers_, logger_, this, limits);
    server_->Start();
    Run();
  }
  void TearDown() override {
    Release();
    Loopback::TearDown();
    server_.reset();
  }
  void Release() {
    if (!std::exchange(is_released_, true)) release_.set_value();
  }

  Result<SecretBuffer> Call(std::string_view path, ByteView, const control::Caller&) override {
    path_size_ = path.size();
    if (blocks_) released_.wait();
    return SecretBuffer(answer_size_);
  }
  void CallStarted() override { ++started_; }
  void CallFinished(Code code, bool ok) override {
    if (ok) ++succeeded_;
    if (!ok && code == Code::kResourceExhausted) ++exhausted_;
  }
  bool Holds(std::size_t bytes) {
    return Eventually([&] { return server_->request_bytes() == bytes; });
  }

  std::shared_ptr<const control::ServerIdentity> identity_ =
      std::make_shared<const control::ServerIdentity>(NewIdentity());
  std::unique_ptr<Server> server_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  bool is_released_ = false;
  std::atomic<bool> blocks_ = false;
  std::atomic<std::size_t> answer_size_ = 100;
  std::atomic<std::size_t> path_size_ = 0;
  std::atomic<int> started_ = 0, succeeded_ = 0, exhausted_ = 0;
};

TEST_F(GrpcServerTest, AResetStreamGivesItsMemoryBack) {
  Start();
  Peer peer(Connect());
  peer.Begin(1);
  peer.Body(1, 10'000);
  ASSERT_TRUE(Holds(10'000));
  peer.Send(Peer::kReset, 0, 1, std::string("\0\0\0\x8", 4));
  EXPECT_TRUE(Holds(0));
}

TEST_F(GrpcServerTest, ALostConnectionGivesItsMemoryBack) {
  Start();
  Peer peer(Connect());
  peer.Begin(1);
  peer.Body(1, 10'000);
  ASSERT_TRUE(Holds(10'000));
  peer.Disconnect();
  EXPECT_TRUE(Holds(0));
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
}

TEST_F(GrpcServerTest, AFinishedCallGivesItsMemoryBack) {
  blocks_ = true;
  Start();
  Peer peer(Connect());
  peer.Begin(1);
  peer.Body(1, 10'000, Peer::kEnd);
  ASSERT_TRUE(Holds(10'000));
  Release();
  EXPECT_TRUE(Holds(0));
  EXPECT_TRUE(Eventually([&] { return succeeded_ == 1; }));
}

TEST_F(GrpcServerTest, ACallGoesOnCountingWhenItsConnectionIsLost) {
  blocks_ = true;
  Start();
  Peer peer(Connect());
  peer.Begin(1);
  peer.Body(1, 10'000, Peer::kEnd);
  ASSERT_TRUE(Holds(10'000));
  peer.Disconnect();
  // When this has arrived, the end of the other connection has, too.
  Peer later(Connect());
  later.Begin(1);
  later.Body(1, 100);
  EXPECT_TRUE(Holds(10'100)) << "the worker still has it";
  later.Disconnect();
  Release();
  EXPECT_TRUE(Holds(0));
}

TEST_F(GrpcServerTest, OneConnectionCannotTakeAll) {
  Start({.request_bytes = {.total = 100'000, .peer = 50'000, .connection = 25'000}});
  Peer greedy(Connect());
  for (const std::uint32_t stream : {1U, 3U}) {
    greedy.Begin(stream);
    greedy.Body(stream, 10'000);
  }
  ASSERT_TRUE(Holds(20'000));
  greedy.Begin(5);
  greedy.Body(5, 10'000, Peer::kEnd);
  EXPECT_TRUE(Eventually([&] { return exhausted_ == 1; }));
  Peer other(Connect());
  other.Begin(1);
  other.Body(1, 10'000, Peer::kEnd);
  EXPECT_TRUE(Eventually([&] { return succeeded_ == 1; }));
}

TEST_F(GrpcServerTest, WhoAllowsNoAnswerIsDisconnected) {
  Start({.answer = std::chrono::seconds(1)});
  Peer peer(Connect(), 0);  // a window of nothing: the answer cannot be sent
  peer.Begin(1);
  peer.Body(1, 100, Peer::kEnd);
  ASSERT_TRUE(Eventually([&] { return succeeded_ == 1; }));
  EXPECT_TRUE(Eventually([&] {
    peer.Ping();  // it is not idle
    return server_->connections() == 0;
  }));
}

TEST_F(GrpcServerTest, WhoDoesNotReadIsDisconnected) {
  Start({.answer = std::chrono::seconds(1)});
  answer_size_ = std::size_t{64} << 20U;
  Peer peer(Connect(), 0x7fff0000U);
  peer.Begin(1);
  peer.Body(1, 100, Peer::kEnd);
  ASSERT_TRUE(Eventually([&] { return succeeded_ == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_LT(peer.ReadAll(), answer_size_);
}

TEST_F(GrpcServerTest, WhoReadsGetsALargeAnswer) {
  Start({.answer = std::chrono::seconds(5)});
  answer_size_ = std::size_t{16} << 20U;
  Peer peer(Connect(), 0x7fff0000U);
  peer.Begin(1);
  peer.Body(1, 100, Peer::kEnd);
  std::size_t got = 0;
  while (got < answer_size_) {
    const std::size_t n = peer.Read();
    if (n == 0) break;
    got += n;
  }
  EXPECT_GE(got, answer_size_);
}

TEST_F(GrpcServerTest, WhoLetsAnswersPileUpGetsNoFurtherCalls) {
  Start({.unread_bytes = 1000});
  answer_size_ = 900;
  Peer peer(Connect(), 0);
  for (std::uint32_t stream = 1; stream < 20; stream += 2) {
    peer.Begin(stream);
    peer.Body(stream, 100, Peer::kEnd);
    ASSERT_TRUE(Eventually([&] { return succeeded_ + exhausted_ == static_cast<int>(stream + 1) / 2; }));
  }
  EXPECT_EQ(succeeded_, 2);
  EXPECT_EQ(exhausted_, 8);
}

// Of a hundred streams that are never finished, with long values that header compression makes cheap to send.
TEST_F(GrpcServerTest, OfLongHeadersOnlyABeginningIsKept) {
  Start();
  Peer peer(Connect());
  peer.Begin(1, {}, "/" + std::string(12'000, 'p'));
  peer.Body(1, 100, Peer::kEnd);
  ASSERT_TRUE(Eventually([&] { return succeeded_ == 1; }));
  EXPECT_EQ(path_size_, 128U);
}

TEST_F(GrpcServerTest, HeadersThatAreTooLongEndTheirCallOnly) {
  Start();
  Peer peer(Connect());
  const auto many = [](std::size_t count) {  // each of them counts 33 bytes
    return std::vector<std::pair<std::string, std::string>>(count, {"a", ""});
  };
  peer.Begin(1, many(600));
  peer.Body(1, 100, Peer::kEnd);
  peer.Begin(3, many(400), "/last");
  peer.Body(3, 100, Peer::kEnd);
  ASSERT_TRUE(Eventually([&] { return path_size_ == 5; }));
  EXPECT_EQ(started_, 1);
}

TEST_F(GrpcServerTest, WhoNeverFinishesACallIsDisconnected) {
  Start({.request = std::chrono::seconds(1)});
  Peer peer(Connect());
  peer.Begin(1);
  peer.Body(1, 100);
  EXPECT_TRUE(Eventually([&] {
    peer.Ping();
    return server_->connections() == 0;
  }));
  EXPECT_TRUE(Holds(0));
}

}  // namespace
}  // namespace steelie::api::grpc
