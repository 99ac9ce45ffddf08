// The server's CPU time of one TLS 1.3 handshake with client certificate, over memory instead of a network: with a bare
// OpenSSL context that holds its certificate, which is the floor, and with ours, which asks for its identity each time.

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <array>
#include <ctime>

#include "api/tls/context.h"
#include "base/check.h"
#include "crypto/openssl_util.h"
#include "crypto/random.h"
#include "pki/leaf.h"

namespace steelie::api::tls {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, openssl::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, openssl::Deleter<SSL_free>>;

control::ServerIdentity NewIdentity(KeyKind kind) {
  SystemRandom random;
  const PrivateKey key = *PrivateKey::Generate(kind);
  return {key, *Certificate::FromDer(
                   *pki::IssueSelfSigned("bench", key, {"localhost"}, {}, random.Take<16>(), SystemClock().Now()))};
}

void Present(SSL_CTX* context, const control::ServerIdentity& identity) {
  STEELIE_CHECK(SSL_CTX_use_certificate(context, identity.certificate.native()) == 1);
  STEELIE_CHECK(SSL_CTX_use_PrivateKey(context, identity.key.native()) == 1);
}

ContextPtr ClientContext(KeyKind kind) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  constexpr std::array<std::uint8_t, 3> kAlpn = {2, 'h', '2'};
  STEELIE_CHECK(SSL_CTX_set_alpn_protos(context.get(), kAlpn.data(), kAlpn.size()) == 0);
  STEELIE_CHECK(SSL_CTX_set1_groups_list(context.get(), "X25519:P-256") == 1);
  Present(context.get(), NewIdentity(kind));
  return context;
}

std::chrono::duration<double> ThreadTime() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::duration<double, std::nano>(now.tv_nsec);
}

void Connect(SSL* client, SSL* server) {
  BIO* to_server = BIO_new(BIO_s_mem());
  BIO* to_client = BIO_new(BIO_s_mem());
  for (BIO* bio : {to_server, to_client}) {
    BIO_set_mem_eof_return(bio, -1);
    BIO_up_ref(bio);
  }
  SSL_set_bio(client, to_client, to_server);
  SSL_set_bio(server, to_server, to_client);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
}

template <typename Leaf>
void Handshakes(benchmark::State& state, SSL_CTX* server_context, KeyKind client_kind, Leaf leaf) {
  const ContextPtr client_context = ClientContext(client_kind);
  for (auto _ : state) {
    const SslPtr client(SSL_new(client_context.get()));
    const auto begin = ThreadTime();
    SslPtr server(SSL_new(server_context));
    auto spent = ThreadTime() - begin;
    Connect(client.get(), server.get());
    for (int i = 0; i < 4 && SSL_is_init_finished(server.get()) == 0; ++i) {
      SSL_do_handshake(client.get());
      const auto at = ThreadTime();
      SSL_do_handshake(server.get());
      spent += ThreadTime() - at;
    }
    STEELIE_CHECK(SSL_is_init_finished(server.get()) == 1);
    const auto at = ThreadTime();
    leaf(server.get());
    server.reset();
    state.SetIterationTime((spent + (ThreadTime() - at)).count());
  }
  openssl::DrainErrors();
}

void BareHandshake(benchmark::State& state, KeyKind client_kind) {
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  Present(context.get(), NewIdentity(KeyKind::kEcP256));
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
  Handshakes(state, context.get(), client_kind, [](SSL*) {});
}
BENCHMARK_CAPTURE(BareHandshake, P256, KeyKind::kEcP256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BareHandshake, P384, KeyKind::kEcP384)->UseManualTime()->Unit(benchmark::kMicrosecond);

void Handshake(benchmark::State& state, KeyKind client_kind) {
  const auto identity = std::make_shared<const control::ServerIdentity>(NewIdentity(KeyKind::kEcP256));
  const auto context = MakeServerContext({.identity = [&] { return identity; },
                                          .clients = ClientCertificates::kRequired,
                                          .alpn = {"h2"},
                                          .alpn_required = true});
  Handshakes(state, context->native_handle(), client_kind, [](SSL* ssl) { STEELIE_CHECK(PeerLeaf(ssl).has_value()); });
}
BENCHMARK_CAPTURE(Handshake, P256, KeyKind::kEcP256)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Handshake, P384, KeyKind::kEcP384)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace steelie::api::tls
