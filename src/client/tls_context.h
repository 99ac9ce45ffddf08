#pragma once

#include <optional>
#include <string>

#include "client/address.h"
#include "client/tls_identity.h"

struct ssl_ctx_st;
struct ssl_st;

namespace steelie::client {

// OpenSSL side of the HTTPS client. Internal to this folder.

/// A client context: TLS 1.2 and 1.3, trust in just `root` (none: no verification), the identity if there is one. The
/// caller frees it. Errors: kInvalidArgument `client.tls.identity`, kInternal `client.tls`.
Result<ssl_ctx_st*> NewTlsContext(const std::optional<Certificate>& root, const std::optional<TlsIdentity>& identity);

/// Prepares a connection: server name indication and, with verification, the name that the certificate must carry.
Status SetTlsPeer(ssl_st* ssl, const Address& address, bool verify);

/// The certificate that the peer presented.
std::optional<Certificate> PeerCertificate(ssl_st* ssl);

/// Says why a handshake failed: what is wrong with the certificate, or `what`. `root` as for the context.
Error HandshakeError(ssl_st* ssl, const Address& address, const std::optional<Certificate>& root,
                     const std::string& what);

/// What people can do about a TLS connection that failed with this code of OpenSSL's error queue: the port may be
/// another one. Begins with a separator; empty if there is no advice.
std::string TlsHint(unsigned long code);

}  // namespace steelie::client
