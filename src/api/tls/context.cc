#include "api/tls/context.h"

#include <openssl/ssl.h>

#include "crypto/openssl_util.h"

namespace steelie::api::tls {
namespace {

// Owned by the SSL_CTX through an ex_data slot.
struct ContextData {
  Options options;
  std::string alpn_wire;  // length-prefixed
};

void FreeContextData(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<ContextData*>(data); }

int ContextSlot() {
  static const int kSlot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeContextData);
  return kSlot;
}

const ContextData& DataOf(SSL* ssl) {
  return *static_cast<const ContextData*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ContextSlot()));
}

int PresentIdentity(SSL* ssl, void*) {
  const auto identity = DataOf(ssl).options.identity();
  if (identity == nullptr) return 0;
  return SSL_use_certificate(ssl, identity->certificate.native()) == 1 &&
                 SSL_use_PrivateKey(ssl, identity->key.native()) == 1
             ? 1
             : 0;
}

// Whoever the peer is, policy decides later; TLS has verified that it holds the leaf's key.
int AcceptAnyCertificate(X509_STORE_CTX*, void*) { return 1; }

int SelectAlpn(SSL* ssl, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
               unsigned in_length, void*) {
  const ContextData& data = DataOf(ssl);
  unsigned char* selected = nullptr;
  const int result = SSL_select_next_proto(&selected, out_length, AsBytes(data.alpn_wire).data(),
                                           static_cast<unsigned>(data.alpn_wire.size()), in, in_length);
  if (result != OPENSSL_NPN_NEGOTIATED) {
    return data.options.alpn_required ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::unique_ptr<boost::asio::ssl::context> MakeServerContext(Options options) {
  auto context = std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  openssl::CheckOk(SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 0 ? 1 : 0, "TLS versions");
  openssl::CheckOk(SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20"), "TLS 1.2 suites");
  openssl::CheckOk(SSL_CTX_set1_groups_list(native, "X25519:P-256:P-384:P-521") != 0 ? 1 : 0, "TLS groups");
  SSL_CTX_set_options(
      native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // TLS 1.3 would send two of them nevertheless, which nobody could ever use.
  SSL_CTX_set_num_tickets(native, 0);
  // Buffers of idle connections are given back.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  int verify = SSL_VERIFY_PEER;
  if (options.clients == ClientCertificates::kRequired) verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(native, verify, nullptr);
  SSL_CTX_set_cert_verify_callback(native, AcceptAnyCertificate, nullptr);
  SSL_CTX_set_cert_cb(native, PresentIdentity, nullptr);

  auto data = std::make_unique<ContextData>();
  for (const std::string& protocol : options.alpn) {
    data->alpn_wire.push_back(static_cast<char>(protocol.size()));
    data->alpn_wire += protocol;
  }
  data->options = std::move(options);
  if (!data->alpn_wire.empty()) SSL_CTX_set_alpn_select_cb(native, SelectAlpn, nullptr);
  SSL_CTX_set_ex_data(native, ContextSlot(), data.release());
  return context;
}

std::optional<Certificate> PeerLeaf(SSL* ssl) {
  const openssl::X509Ptr peer(SSL_get1_peer_certificate(ssl));
  if (peer == nullptr) return std::nullopt;
  auto leaf = Certificate::FromNative(peer.get());
  if (!leaf) return std::nullopt;
  return std::move(*leaf);
}

}  // namespace steelie::api::tls
