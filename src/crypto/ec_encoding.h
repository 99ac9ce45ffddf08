#pragma once

#include <optional>

#include "crypto/key.h"

namespace steelie {

// Encodings of keys on P-256 and P-384. OpenSSL 3.0 goes through all of its encoders and decoders for every key, which
// takes longer than to make the key; here everything but the numbers is constant. For crypto/ only.

/// DER SubjectPublicKeyInfo, or nothing if the key is of another kind or form.
std::optional<Bytes> EncodeEcSpki(evp_pkey_st* key, KeyKind kind);
/// PKCS#8, with the public key, as OpenSSL writes it; or nothing. `spki` is the key's.
std::optional<SecretBuffer> EncodeEcPkcs8(evp_pkey_st* key, ByteView spki);

/// Where in a SubjectPublicKeyInfo of one of these curves the point is; nothing for any other form of any key.
struct EcPoint {
  KeyKind kind;
  ByteView xy;
};
std::optional<EcPoint> FindEcPoint(ByteView spki);

}  // namespace steelie
