// OpenSSL 3.0 has the check of a padding by itself in its older interface only, which it marks as deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/rsa_oaep.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>

#include "crypto/hash.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

constexpr std::size_t kMaxModulus = 2048;  // bytes

// DER of DigestInfo up to the digest: RFC 8017, 9.2, note 1.
constexpr std::array<std::uint8_t, 19> kSha256Prefix = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                                        0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

}  // namespace

Result<SecretBuffer> RemoveOaepPadding(ByteView padded, std::size_t modulus_size) {
  const auto wrong = [] { return Error(Code::kInvalidArgument, "crypto.rsa.oaep", "RSA-OAEP decryption failed"); };
  if (padded.empty() || padded.size() > modulus_size || modulus_size > kMaxModulus) return wrong();
  SecretBuffer out(modulus_size);
  const int size = RSA_padding_check_PKCS1_OAEP_mgf1(out.data(), static_cast<int>(out.size()), padded.data(),
                                                     static_cast<int>(padded.size()), static_cast<int>(modulus_size),
                                                     nullptr, 0, EVP_sha256(), EVP_sha256());
  openssl::DrainErrors();
  if (size < 0) return wrong();
  out.resize(static_cast<std::size_t>(size));
  return out;
}

SecretBuffer Sha256DigestInfo(ByteView message) {
  Sha256Digest digest = Sha256(message);
  SecretBuffer out(kSha256Prefix.begin(), kSha256Prefix.end());
  out.insert(out.end(), digest.begin(), digest.end());
  Wipe(digest.data(), digest.size());
  return out;
}

}  // namespace steelie
