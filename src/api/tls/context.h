#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/coordinator.h"
#include "crypto/x509.h"

namespace steelie::api::tls {

enum class ClientCertificates { kOptional, kRequired };

struct Options {
  /// Asked at every handshake, so that a change of CA needs no restart. Thread-safe.
  std::function<std::shared_ptr<const control::ServerIdentity>()> identity;
  /// Client certificates are never verified against a CA; only possession of the leaf's key is proven.
  ClientCertificates clients = ClientCertificates::kOptional;
  /// Protocols of ALPN in order of preference. A client that offers none of them is refused if `alpn_required`.
  std::vector<std::string> alpn;
  bool alpn_required = false;
};

/// A server context: TLS 1.2 and 1.3, AEAD suites with forward secrecy, groups X25519, P-256, P-384, P-521, no
/// resumption (so every connection proves possession of its client key).
std::unique_ptr<boost::asio::ssl::context> MakeServerContext(Options options);

/// The leaf certificate that the peer presented, if any.
std::optional<Certificate> PeerLeaf(SSL* ssl);

}  // namespace steelie::api::tls
