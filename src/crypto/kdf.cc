#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "base/check.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

using KdfCtxPtr = std::unique_ptr<EVP_KDF_CTX, openssl::Deleter<EVP_KDF_CTX_free>>;
using MacCtxPtr = std::unique_ptr<EVP_MAC_CTX, openssl::Deleter<EVP_MAC_CTX_free>>;

OSSL_PARAM OctetParam(const char* name, ByteView value) {
  // OSSL_PARAM has no const form; the library does not write to inputs. A null pointer is taken as "not set", so an
  // empty value points somewhere.
  static std::uint8_t empty = 0;
  void* data = value.empty() ? &empty : const_cast<std::uint8_t*>(value.data());
  return OSSL_PARAM_construct_octet_string(name, data, value.size());
}

OSSL_PARAM DigestParam() {
  static char name[] = "SHA256";
  return OSSL_PARAM_construct_utf8_string("digest", name, 0);
}

}  // namespace

SecretBuffer HkdfSha256(ByteView key, ByteView salt, ByteView info, std::size_t length) {
  STEELIE_CHECK(length > 0 && length <= kHkdfMax);
  static EVP_KDF* const kKdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const KdfCtxPtr ctx(EVP_KDF_CTX_new(kKdf));
  const OSSL_PARAM params[] = {DigestParam(), OctetParam(OSSL_KDF_PARAM_KEY, key),
                               OctetParam(OSSL_KDF_PARAM_SALT, salt), OctetParam(OSSL_KDF_PARAM_INFO, info),
                               OSSL_PARAM_construct_end()};
  SecretBuffer out(length);
  openssl::CheckOk(EVP_KDF_derive(ctx.get(), out.data(), out.size(), params), "HKDF");
  return out;
}

std::array<std::uint8_t, 32> HmacSha256(ByteView key, ByteView data) {
  static EVP_MAC* const kMac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  const MacCtxPtr ctx(EVP_MAC_CTX_new(kMac));
  const OSSL_PARAM params[] = {DigestParam(), OSSL_PARAM_construct_end()};
  static const std::uint8_t kEmpty = 0;
  openssl::CheckOk(EVP_MAC_init(ctx.get(), key.empty() ? &kEmpty : key.data(), key.size(), params), "HMAC");
  openssl::CheckOk(EVP_MAC_update(ctx.get(), data.data(), data.size()), "HMAC");
  std::array<std::uint8_t, 32> out{};
  std::size_t written = 0;
  openssl::CheckOk(EVP_MAC_final(ctx.get(), out.data(), &written, out.size()), "HMAC");
  return out;
}

}  // namespace steelie
