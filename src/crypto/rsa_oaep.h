#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie {

/// Second half of PrivateKey::RsaOaepDecrypt, for a key elsewhere that can do no more than the RSA operation itself:
/// takes RSAES-OAEP (SHA-256 for hash and mask, empty label) off `padded`. Leading zeros may be missing. The duration
/// depends on the lengths only. Errors: kInvalidArgument `crypto.rsa.oaep`, the same for everything that is wrong.
Result<SecretBuffer> RemoveOaepPadding(ByteView padded, std::size_t modulus_size);

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2) without its padding: the DigestInfo of the message's SHA-256, which such a key
/// signs.
SecretBuffer Sha256DigestInfo(ByteView message);

}  // namespace steelie
