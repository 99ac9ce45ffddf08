#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <mutex>

#include "base/check.h"
#include "crypto/ec_encoding.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

using openssl::PkeyCtxPtr;

struct CurveName {
  KeyKind kind;
  const char* name;
};
constexpr std::array kCurves = {CurveName{KeyKind::kEcP224, "P-224"}, CurveName{KeyKind::kEcP256, "P-256"},
                                CurveName{KeyKind::kEcP384, "P-384"}, CurveName{KeyKind::kEcP521, "P-521"}};

const char* NameOfCurve(KeyKind kind) {
  for (const CurveName& c : kCurves) {
    if (c.kind == kind) return c.name;
  }
  return nullptr;
}

KeyKind KindOf(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") != 0) return KeyKind::kRsa;
  if (EVP_PKEY_is_a(key, "ED25519") != 0) return KeyKind::kEd25519;
  if (EVP_PKEY_is_a(key, "EC") == 0) return KeyKind::kOther;
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return KeyKind::kOther;
  switch (OBJ_txt2nid(group.data())) {
    case NID_secp224r1:
      return KeyKind::kEcP224;
    case NID_X9_62_prime256v1:
      return KeyKind::kEcP256;
    case NID_secp384r1:
      return KeyKind::kEcP384;
    case NID_secp521r1:
      return KeyKind::kEcP521;
    default:
      return KeyKind::kOther;
  }
}

// A key without numbers; to copy it costs a fraction of setting up a curve by its name.
EVP_PKEY* CurveParameters(KeyKind kind) {
  const auto make = [](const char* curve) {
    const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    openssl::CheckOk(EVP_PKEY_paramgen_init(ctx.get()), "EC parameters");
    openssl::CheckOk(EVP_PKEY_CTX_set_group_name(ctx.get(), curve), "EC parameters");
    openssl::CheckOk(EVP_PKEY_paramgen(ctx.get(), &made), "EC parameters");
    return made;
  };
  static EVP_PKEY* const k256 = make("P-256");
  static EVP_PKEY* const k384 = make("P-384");
  return kind == KeyKind::kEcP256 ? k256 : k384;
}

bool IsEc(KeyKind kind) { return NameOfCurve(kind) != nullptr; }

std::shared_ptr<EVP_PKEY> Share(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

Bytes EncodeSpki(EVP_PKEY* key) {
  std::uint8_t* der = nullptr;
  const int n = i2d_PUBKEY(key, &der);
  if (n <= 0) return {};
  Bytes out(der, der + n);
  OPENSSL_free(der);
  return out;
}

struct SchemeParts {
  const EVP_MD* digest;  // null for Ed25519
  enum { kEcdsa, kEd, kRsaPkcs1, kRsaPss } family;
};

const EVP_MD* Digest(int bits) {
  static const EVP_MD* const k256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const k384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  static const EVP_MD* const k512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  return bits == 256 ? k256 : bits == 384 ? k384 : k512;
}

SchemeParts Parts(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
      return {Digest(256), SchemeParts::kEcdsa};
    case SignatureScheme::kEcdsaSha384:
      return {Digest(384), SchemeParts::kEcdsa};
    case SignatureScheme::kEcdsaSha512:
      return {Digest(512), SchemeParts::kEcdsa};
    case SignatureScheme::kEd25519:
      return {nullptr, SchemeParts::kEd};
    case SignatureScheme::kRsaPkcs1Sha256:
      return {Digest(256), SchemeParts::kRsaPkcs1};
    case SignatureScheme::kRsaPkcs1Sha384:
      return {Digest(384), SchemeParts::kRsaPkcs1};
    case SignatureScheme::kRsaPkcs1Sha512:
      return {Digest(512), SchemeParts::kRsaPkcs1};
    case SignatureScheme::kRsaPssSha384:
      return {Digest(384), SchemeParts::kRsaPss};
  }
  return {nullptr, SchemeParts::kEd};
}

bool Fits(const SchemeParts& parts, KeyKind kind) {
  switch (parts.family) {
    case SchemeParts::kEcdsa:
      return IsEc(kind);
    case SchemeParts::kEd:
      return kind == KeyKind::kEd25519;
    case SchemeParts::kRsaPkcs1:
    case SchemeParts::kRsaPss:
      return kind == KeyKind::kRsa;
  }
  return false;
}

bool SetPadding(EVP_PKEY_CTX* ctx, const SchemeParts& parts) {
  if (parts.family != SchemeParts::kRsaPss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool SetOaep(EVP_PKEY_CTX* ctx) {
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(ctx, Digest(256)) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, Digest(256)) == 1;
}

Error OaepError(const std::string& what) {
  return openssl::QueueError(Code::kInvalidArgument, "crypto.rsa.oaep", what);
}

}  // namespace

std::string_view KeyKindName(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcP224:
      return "ECDSA P-224";
    case KeyKind::kEcP256:
      return "ECDSA P-256";
    case KeyKind::kEcP384:
      return "ECDSA P-384";
    case KeyKind::kEcP521:
      return "ECDSA P-521";
    case KeyKind::kEd25519:
      return "Ed25519";
    case KeyKind::kRsa:
      return "RSA";
    case KeyKind::kOther:
      return "unsupported key";
  }
  return "unsupported key";
}

struct PublicKey::Encoding {
  std::once_flag once;
  Bytes spki;
  /// We made the key: named curve, uncompressed, nothing optional.
  bool plain = false;
};

PublicKey PublicKey::FromNative(evp_pkey_st* key) {
  EVP_PKEY_up_ref(key);
  PublicKey out;
  out.key_ = Share(key);
  out.encoding_ = std::make_shared<Encoding>();
  out.kind_ = KindOf(key);
  out.bits_ = EVP_PKEY_get_bits(key);
  return out;
}

const Bytes& PublicKey::spki() const {
  std::call_once(encoding_->once, [this] {
    auto quick = encoding_->plain ? EncodeEcSpki(key_.get(), kind_) : std::nullopt;
    encoding_->spki = quick ? std::move(*quick) : EncodeSpki(key_.get());
  });
  return encoding_->spki;
}

Result<PublicKey> PublicKey::FromSpki(ByteView der) {
  const std::uint8_t* at = der.data();
  const openssl::PkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key == nullptr || at != der.data() + der.size()) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.key.spki", "not a DER SubjectPublicKeyInfo");
  }
  return FromNative(key.get());
}

Result<PublicKey> PublicKey::FromEcPoint(KeyKind curve, ByteView xy) {
  const std::size_t field = curve == KeyKind::kEcP256 ? 32 : curve == KeyKind::kEcP384 ? 48 : 0;
  if (field != 0 && xy.size() == 2 * field) {
    Bytes point{0x04};
    point.insert(point.end(), xy.begin(), xy.end());
    const openssl::PkeyPtr key(EVP_PKEY_new());
    // Also checks that the point is on the curve.
    if (EVP_PKEY_copy_parameters(key.get(), CurveParameters(curve)) == 1 &&
        EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) == 1) {
      return FromNative(key.get());
    }
    openssl::DrainErrors();
  }
  return Error(Code::kInvalidArgument, "crypto.key.point", "not a point on the curve");
}

bool PublicKey::Verify(SignatureScheme scheme, ByteView message, ByteView signature) const {
  const SchemeParts parts = Parts(scheme);
  if (!Fits(parts, kind_)) return false;
  const openssl::MdCtxPtr ctx(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_ctx = nullptr;
  const bool ok = EVP_DigestVerifyInit(ctx.get(), &key_ctx, parts.digest, nullptr, key_.get()) == 1 &&
                  SetPadding(key_ctx, parts) &&
                  EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!ok) openssl::DrainErrors();
  return ok;
}

Result<Bytes> PublicKey::RsaOaepEncrypt(ByteView message) const {
  if (kind_ != KeyKind::kRsa) return OaepError("not an RSA key");
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new(key_.get(), nullptr));
  std::size_t size = 0;
  if (EVP_PKEY_encrypt_init(ctx.get()) != 1 || !SetOaep(ctx.get()) ||
      EVP_PKEY_encrypt(ctx.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return OaepError("RSA-OAEP encryption failed");
  }
  Bytes out(size);
  if (EVP_PKEY_encrypt(ctx.get(), out.data(), &size, message.data(), message.size()) != 1) {
    return OaepError("RSA-OAEP encryption failed");
  }
  out.resize(size);
  return out;
}

Result<PrivateKey> PrivateKey::Generate(KeyKind kind, int rsa_bits) {
  EVP_PKEY* raw = nullptr;
  if (kind == KeyKind::kRsa) {
    if (rsa_bits < 1024 || rsa_bits > 16384) {
      return Error(Code::kInvalidArgument, "crypto.key.size",
                   "RSA keys have 1024 to 16384 bits, not " + std::to_string(rsa_bits));
    }
    raw = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
  } else if (kind == KeyKind::kEd25519) {
    raw = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  } else if (kind == KeyKind::kEcP256 || kind == KeyKind::kEcP384) {
    const PkeyCtxPtr ctx(EVP_PKEY_CTX_new(CurveParameters(kind), nullptr));
    if (EVP_PKEY_keygen_init(ctx.get()) != 1 || EVP_PKEY_keygen(ctx.get(), &raw) != 1) raw = nullptr;
  } else if (const char* curve = NameOfCurve(kind)) {
    raw = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
  } else {
    return Error(Code::kInvalidArgument, "crypto.key.size", "cannot generate this kind of key");
  }
  if (raw == nullptr) return openssl::QueueError(Code::kInternal, "crypto.key.generate", "key generation failed");
  std::shared_ptr<EVP_PKEY> key = Share(raw);
  PublicKey public_key = PublicKey::FromNative(raw);
  public_key.encoding_->plain = true;
  return PrivateKey(key, std::move(public_key));
}

Result<PrivateKey> PrivateKey::FromPkcs8(ByteView der) {
  const std::uint8_t* at = der.data();
  PKCS8_PRIV_KEY_INFO* info = d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()));
  EVP_PKEY* raw = info != nullptr && at == der.data() + der.size() ? EVP_PKCS82PKEY(info) : nullptr;
  PKCS8_PRIV_KEY_INFO_free(info);
  if (raw == nullptr)
    return openssl::QueueError(Code::kInvalidArgument, "crypto.key.pkcs8", "not a PKCS#8 private key");
  std::shared_ptr<EVP_PKEY> key = Share(raw);
  return PrivateKey(key, PublicKey::FromNative(raw));
}

Pkcs8 PrivateKey::ToPkcs8() const {
  if (public_key_.encoding_->plain) {
    if (const auto quick = EncodeEcPkcs8(key_.get(), public_key_.spki())) return Pkcs8(ByteView(*quick));
  }
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key_.get());
  std::uint8_t* der = nullptr;
  const int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  PKCS8_PRIV_KEY_INFO_free(info);
  openssl::CheckOk(n, "PKCS#8 encoding");
  Pkcs8 out(ByteView(der, static_cast<std::size_t>(n)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(n));
  return out;
}

Result<Bytes> PrivateKey::Sign(SignatureScheme scheme, ByteView message) const {
  const SchemeParts parts = Parts(scheme);
  if (!Fits(parts, kind())) {
    return Error(Code::kInvalidArgument, "crypto.key.scheme",
                 "the signature scheme does not fit a key of kind " + std::string(KeyKindName(kind())));
  }
  const openssl::MdCtxPtr ctx(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_ctx = nullptr;
  std::size_t size = 0;
  Bytes out;
  if (EVP_DigestSignInit(ctx.get(), &key_ctx, parts.digest, nullptr, key_.get()) == 1 && SetPadding(key_ctx, parts) &&
      EVP_DigestSign(ctx.get(), nullptr, &size, message.data(), message.size()) == 1) {
    out.resize(size);
    if (EVP_DigestSign(ctx.get(), out.data(), &size, message.data(), message.size()) == 1) {
      out.resize(size);
      return out;
    }
  }
  return openssl::QueueError(Code::kInternal, "crypto.key.sign", "signing failed");
}

Result<SecretBuffer> PrivateKey::RsaOaepDecrypt(ByteView ciphertext) const {
  if (kind() != KeyKind::kRsa) return OaepError("not an RSA key");
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new(key_.get(), nullptr));
  std::size_t size = 0;
  if (EVP_PKEY_decrypt_init(ctx.get()) != 1 || !SetOaep(ctx.get()) ||
      EVP_PKEY_decrypt(ctx.get(), nullptr, &size, ciphertext.data(), ciphertext.size()) != 1) {
    return OaepError("RSA-OAEP decryption failed");
  }
  SecretBuffer out(size);
  if (EVP_PKEY_decrypt(ctx.get(), out.data(), &size, ciphertext.data(), ciphertext.size()) != 1) {
    return OaepError("RSA-OAEP decryption failed");
  }
  out.resize(size);
  return out;
}

}  // namespace steelie
