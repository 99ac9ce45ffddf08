#pragma once

#include <filesystem>

#include "client/pkcs11_token.h"
#include "client/tls_identity.h"

namespace steelie::client {

/// A client's identity whose private key stays in a token.
struct TokenIdentityNames {
  std::filesystem::path config;
  TokenObjectName key;
  TokenObjectName certificate;             // in the token
  std::filesystem::path certificate_file;  // or in this PEM file, which may hold a chain
};

/// EC keys on P-256, P-384 and P-521, and RSA keys. `key` of the result signs in the token and cannot be exported.
/// Errors: those of ReadTokenConfig and Token; kInvalidArgument `client.identity.mismatch` (found by trying: the key is
/// asked for a signature).
Result<TlsIdentity> ReadTokenIdentity(const TokenIdentityNames& names);

}  // namespace steelie::client
