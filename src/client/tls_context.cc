#include "client/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "crypto/openssl_util.h"

namespace steelie::client {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, openssl::Deleter<SSL_CTX_free>>;

Status SetIdentity(SSL_CTX* context, const TlsIdentity& identity) {
  bool ok = SSL_CTX_use_certificate(context, identity.chain.front().native()) == 1 &&
            SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1;
  for (std::size_t i = 1; ok && i < identity.chain.size(); ++i) {
    ok = SSL_CTX_add1_chain_cert(context, identity.chain[i].native()) == 1;
  }
  if (ok) return Ok();
  return openssl::QueueError(Code::kInvalidArgument, "client.tls.identity", "the client certificate cannot be used");
}

bool SetTrust(SSL_CTX* context, const Certificate& root) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  // The Coordinator presents its root certificate itself; whoever trusts one certificate need not know its issuer.
  return X509_STORE_add_cert(store, root.native()) == 1 && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

std::string NamesOf(const Certificate& certificate) {
  std::string out;
  const auto add = [&](const std::string& name) {
    if (out.size() < 300) out += (out.empty() ? "" : ", ") + name.substr(0, 100);
  };
  for (const std::string& name : certificate.DnsNames()) add(name);
  for (const Bytes& address : certificate.IpAddresses()) add(FormatIp(address));
  return out.empty() ? "no name" : out;
}

}  // namespace

Result<ssl_ctx_st*> NewTlsContext(const std::optional<Certificate>& root, const std::optional<TlsIdentity>& identity) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return openssl::QueueError(Code::kInternal, "client.tls", "cannot set up TLS");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context.get(), root ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (root && !SetTrust(context.get(), *root)) {
    return openssl::QueueError(Code::kInternal, "client.tls", "cannot trust the root certificate");
  }
  if (identity) STEELIE_CHECK_OK(SetIdentity(context.get(), *identity));
  return context.release();
}

Status SetTlsPeer(ssl_st* ssl, const Address& address, bool verify) {
  const bool is_ip = ParseIp(address.host).has_value();
  bool ok = true;
  if (!is_ip) {
    // What the macro SSL_set_tlsext_host_name does, without its C cast.
    std::string name = address.host;
    ok = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  }
  if (verify && ok) {
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ok = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, address.host.c_str()) == 1
               : X509_VERIFY_PARAM_set1_host(param, address.host.c_str(), address.host.size()) == 1;
  }
  if (ok) return Ok();
  return openssl::QueueError(Code::kInternal, "client.tls", "cannot set up TLS for " + address.ToString());
}

std::optional<Certificate> PeerCertificate(ssl_st* ssl) {
  X509* peer = SSL_get0_peer_certificate(ssl);
  if (peer == nullptr) return std::nullopt;
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(peer, &der);
  if (size <= 0) return std::nullopt;
  const Result<Certificate> out = Certificate::FromDer(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return out ? std::optional(*out) : std::nullopt;
}

Error HandshakeError(ssl_st* ssl, const Address& address, const std::optional<Certificate>& root,
                     const std::string& what) {
  openssl::DrainErrors();
  const std::string server = address.ToString();
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) {
    return Error(Code::kUnauthenticated, "client.tls", "TLS handshake with " + server + " failed: " + what);
  }
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    // The certificate is, or is issued by, the root: this check comes after that of the chain.
    return Error(Code::kUnauthenticated, "client.tls.host",
                 "the certificate of " + server + " is not valid for " + address.host +
                     (root ? "; the Coordinator's names are " + NamesOf(*root) : std::string()));
  }
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID) {
    return Error(Code::kUnauthenticated, "client.tls.expired",
                 "the certificate of " + server + " is not valid now: " + X509_verify_cert_error_string(verdict));
  }
  return Error(Code::kUnauthenticated, "client.tls.untrusted",
               "the certificate of " + server + " is not, and is not issued by, the expected root certificate");
}

std::string TlsHint(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return ". The server does not speak TLS: is this the port of the metrics, or another service? The client API of "
             "a "
             "Coordinator is at port 4433 by default";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      return ". This looks like the marble API (port 2001 by default): the client API is at another port, 4433 by "
             "default";
    default:
      return {};
  }
}

}  // namespace steelie::client
