#include "marble/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "crypto/openssl_util.h"
#include "marble/tcp.h"

namespace steelie::marble {
namespace {

using SslPtr = std::unique_ptr<SSL, openssl::Deleter<SSL_free>>;

constexpr std::array<std::uint8_t, 3> kAlpn = {2, 'h', '2'};
constexpr std::size_t kPiece = std::size_t{16} << 10U;

void CheckOk(long result, const char* what) { openssl::CheckOk(result > 0 ? 1 : 0, what); }

// What people can do about a handshake that failed with this code.
std::string HintFor(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  const int reason = ERR_GET_REASON(code);
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_HTTP_REQUEST) {
    return ": the server does not speak TLS; is this the port of the metrics, or another service? The marble API of a "
           "Coordinator is at port 2001 by default";
  }
  if (reason == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
    return ": this looks like the client API (port 4433 by default) or a web server; the marble API is at another "
           "port, "
           "2001 by default";
  }
  return {};
}

}  // namespace

TlsSettings::TlsSettings(const MarbleIdentity& identity) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX* context = context_.get();
  CheckOk(context != nullptr ? 1 : 0, "TLS context");
  CheckOk(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION), "TLS versions");
  CheckOk(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20"), "TLS 1.2 suites");
  // P-256 first: the key share that every server can use, those in FIPS mode too.
  CheckOk(SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384:P-521"), "TLS groups");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // What arrives are secrets: decrypted records do not stay in the library's buffers.
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  CheckOk(SSL_CTX_use_certificate(context, identity.certificate.native()), "marble certificate");
  CheckOk(SSL_CTX_use_PrivateKey(context, identity.key.native()), "marble key");
}

// TLS works on two memory buffers; this class moves their bytes to and from the socket.
struct TlsClient::Tls {
  SslPtr ssl;
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
};

TlsClient::TlsClient(int fd, const Endpoint& endpoint)
    : fd_(fd), peer_(endpoint.ToString()), tls_(std::make_unique<Tls>()) {}

TlsClient::~TlsClient() {
  // A farewell as far as the socket takes it without waiting.
  if (tls_->ssl != nullptr && SSL_is_init_finished(tls_->ssl.get()) == 1) {
    SSL_shutdown(tls_->ssl.get());
    (void)Flush(Deadline::min());
    openssl::DrainErrors();
  }
  CloseSocket(fd_);
}

Result<std::unique_ptr<TlsClient>> TlsClient::Connect(const Endpoint& endpoint, const TlsSettings& settings,
                                                      Deadline deadline) {
  STEELIE_TRY(const int fd, ConnectTcp(endpoint, deadline));
  std::unique_ptr<TlsClient> client(new TlsClient(fd, endpoint));
  const auto handshake = client->Handshake(settings, endpoint.host, deadline);
  if (handshake) return client;
  // A server that stays silent here has seen nothing of the call: it may be asked again.
  const Error& error = handshake.error();
  if (error.code() != Code::kDeadlineExceeded) return error;
  return Error(Code::kUnavailable, "activate.unreachable", error.message());
}

Status TlsClient::Handshake(const TlsSettings& settings, const std::string& host, Deadline deadline) {
  Tls& tls = *tls_;
  tls.ssl.reset(SSL_new(settings.native()));
  SSL* ssl = tls.ssl.get();
  tls.in = BIO_new(BIO_s_mem());
  tls.out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(tls.in, -1);
  SSL_set_bio(ssl, tls.in, tls.out);
  SSL_set_connect_state(ssl);
  // 0 is success here.
  CheckOk(SSL_set_alpn_protos(ssl, kAlpn.data(), kAlpn.size()) == 0 ? 1 : 0, "ALPN");
  if (!ParseIp(host)) {
    // SSL_set_tlsext_host_name without its C cast.
    CheckOk(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str())),
            "server name");
  }

  while (true) {
    openssl::DrainErrors();
    const int result = SSL_do_handshake(ssl);
    const int why = SSL_get_error(ssl, result);
    STEELIE_CHECK_OK(Flush(deadline));
    if (result == 1) break;
    if (why != SSL_ERROR_WANT_READ) {
      const std::string hint = HintFor(ERR_peek_error());
      return openssl::QueueError(Code::kUnavailable, "activate.unreachable", "TLS handshake with " + peer_ + hint);
    }
    STEELIE_TRY(const bool open, Receive(deadline));
    if (!open) {
      return Error(Code::kUnavailable, "activate.unreachable", peer_ + " closed the connection in the TLS handshake");
    }
  }
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &length);
  if (AsText({protocol, length}) != "h2") {
    return Error(Code::kInternal, "activate.protocol",
                 peer_ +
                     " does not speak HTTP/2, as gRPC needs it: it looks like the client API (port 4433 by default) or "
                     "a web server; the marble API is at another port, 2001 by default");
  }
  const openssl::X509Ptr peer(SSL_get1_peer_certificate(ssl));
  if (peer == nullptr) return Error(Code::kInternal, "activate.protocol", peer_ + " presents no certificate");
  STEELIE_TRY(server_, Certificate::FromNative(peer.get()));
  return Ok();
}

Status TlsClient::Flush(Deadline deadline) {
  std::array<std::uint8_t, kPiece> piece{};
  while (true) {
    const int n = BIO_read(tls_->out, piece.data(), static_cast<int>(piece.size()));
    if (n <= 0) return Ok();
    STEELIE_CHECK_OK(SendAll(fd_, ByteView(piece).first(static_cast<std::size_t>(n)), deadline).WithContext(peer_));
  }
}

Result<bool> TlsClient::Receive(Deadline deadline) {
  std::array<std::uint8_t, kPiece> piece{};
  STEELIE_TRY(const std::size_t n, ReceiveSome(fd_, piece, deadline).WithContext(peer_));
  if (n == 0) return false;
  BIO_write(tls_->in, piece.data(), static_cast<int>(n));
  return true;
}

Status TlsClient::Write(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const int n = SSL_write(tls_->ssl.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), kPiece)));
    if (n <= 0) return openssl::QueueError(Code::kUnavailable, "activate.unreachable", "sending to " + peer_);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    STEELIE_CHECK_OK(Flush(deadline));
  }
  return Ok();
}

Result<std::size_t> TlsClient::Read(MutableByteView out, Deadline deadline) {
  while (true) {
    openssl::DrainErrors();
    const int n = SSL_read(tls_->ssl.get(), out.data(), static_cast<int>(std::min(out.size(), kPiece)));
    if (n > 0) return static_cast<std::size_t>(n);
    switch (SSL_get_error(tls_->ssl.get(), n)) {
      case SSL_ERROR_WANT_READ:
        break;
      case SSL_ERROR_ZERO_RETURN:
        return std::size_t{0};
      default:
        return openssl::QueueError(Code::kUnavailable, "activate.unreachable", "reading from " + peer_);
    }
    STEELIE_CHECK_OK(Flush(deadline));
    STEELIE_TRY(const bool open, Receive(deadline));
    if (!open) return std::size_t{0};
  }
}

}  // namespace steelie::marble
