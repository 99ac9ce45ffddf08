#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "secret/secret.h"

struct evp_pkey_st;

namespace steelie {

enum class KeyKind { kEcP224, kEcP256, kEcP384, kEcP521, kEd25519, kRsa, kOther };

/// `ECDSA P-256`, `RSA`, ...
std::string_view KeyKindName(KeyKind kind);

enum class SignatureScheme {
  kEcdsaSha256,
  kEcdsaSha384,
  kEcdsaSha512,
  kEd25519,
  kRsaPkcs1Sha256,
  kRsaPkcs1Sha384,
  kRsaPkcs1Sha512,
  kRsaPssSha384,  // salt as long as the digest, as AMD's certificates use it
};

struct Pkcs8Tag;
/// A private key as PKCS#8 DER (RFC 5208).
using Pkcs8 = Secret<Pkcs8Tag>;

/// An asymmetric public key. Cheap to copy, immutable, thread-safe.
class PublicKey {
 public:
  /// From a DER SubjectPublicKeyInfo (hostile bytes). Errors: kInvalidArgument `crypto.key.spki`.
  static Result<PublicKey> FromSpki(ByteView der);
  /// From an EC point X||Y (hostile bytes) on P-256 or P-384. Errors: kInvalidArgument `crypto.key.point`.
  static Result<PublicKey> FromEcPoint(KeyKind curve, ByteView xy);
  /// Takes a reference to an existing key. For code that holds OpenSSL objects.
  static PublicKey FromNative(evp_pkey_st* key);

  KeyKind kind() const { return kind_; }
  /// Modulus length of RSA, field size of a curve.
  int bits() const { return bits_; }
  /// DER SubjectPublicKeyInfo. Encoded when first asked for: whoever only verifies never needs it.
  const Bytes& spki() const;

  /// Whether `signature` (DER for ECDSA) over `message` is by this key. A scheme that does not fit the key is false.
  bool Verify(SignatureScheme scheme, ByteView message, ByteView signature) const;

  /// RSAES-OAEP with SHA-256 for both hash and mask, empty label (RFC 8017). Errors: kInvalidArgument `crypto.rsa.oaep`
  /// for another kind of key or a message that is too long for it.
  Result<Bytes> RsaOaepEncrypt(ByteView message) const;

  evp_pkey_st* native() const { return key_.get(); }

 private:
  struct Encoding;
  friend class PrivateKey;

  PublicKey() = default;

  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<Encoding> encoding_;  // never null
  KeyKind kind_ = KeyKind::kOther;
  int bits_ = 0;
};

/// An asymmetric private key. Cheap to copy (shares the key), immutable, thread-safe. The memory is OpenSSL's, which
/// wipes it.
class PrivateKey {
 public:
  /// A new key from OpenSSL's generator. `rsa_bits` counts for kRsa only: 1024 to 16384, else kInvalidArgument
  /// `crypto.key.size`.
  static Result<PrivateKey> Generate(KeyKind kind, int rsa_bits = 0);
  /// Errors: kInvalidArgument `crypto.key.pkcs8`. Trailing bytes are refused.
  static Result<PrivateKey> FromPkcs8(ByteView der);

  KeyKind kind() const { return public_key_.kind(); }
  const PublicKey& public_key() const { return public_key_; }
  Pkcs8 ToPkcs8() const;

  /// ECDSA signatures are DER. Errors: kInvalidArgument `crypto.key.scheme` if the scheme does not fit the key.
  Result<Bytes> Sign(SignatureScheme scheme, ByteView message) const;

  /// Counterpart of PublicKey::RsaOaepEncrypt. Errors: kInvalidArgument `crypto.rsa.oaep`.
  Result<SecretBuffer> RsaOaepDecrypt(ByteView ciphertext) const;

  evp_pkey_st* native() const { return key_.get(); }

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace steelie
