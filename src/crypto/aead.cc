#include "crypto/aead.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl_util.h"

namespace steelie {
namespace {

const EVP_CIPHER* Fetched(const char* name) { return EVP_CIPHER_fetch(nullptr, name, nullptr); }

const EVP_CIPHER* Gcm() {
  static const EVP_CIPHER* const kCipher = Fetched("AES-256-GCM");
  return kCipher;
}

// The bare block cipher under one key, for whole blocks.
class BlockCipher {
 public:
  explicit BlockCipher(ByteView key) : ctx_(EVP_CIPHER_CTX_new()) {
    static const EVP_CIPHER* const kEcb = Fetched("AES-256-ECB");
    openssl::CheckOk(EVP_EncryptInit_ex2(ctx_.get(), kEcb, key.data(), nullptr, nullptr), "AES");
    EVP_CIPHER_CTX_set_padding(ctx_.get(), 0);
  }

  void Encrypt(ByteView in, std::uint8_t* out) {
    int written = 0;
    openssl::CheckOk(EVP_EncryptUpdate(ctx_.get(), out, &written, in.data(), static_cast<int>(in.size())), "AES");
  }

 private:
  openssl::CipherCtxPtr ctx_;
};

// The derived key of XAES-256-GCM: CMAC-based KDF (NIST SP 800-108) with the first half of the nonce as context,
// written out as the C2SP specification does. One context for all three blocks: setting it up costs more than they do.
SecretBuffer DeriveKey(ByteView key, const XaesNonce& nonce) {
  BlockCipher cipher(key);
  std::array<std::uint8_t, 16> l{};
  cipher.Encrypt(l, l.data());
  std::array<std::uint8_t, 16> k1{};
  std::uint8_t carry = 0;
  for (std::size_t i = l.size(); i-- > 0;) {
    k1[i] = static_cast<std::uint8_t>((l[i] << 1U) | carry);
    carry = l[i] >> 7U;
  }
  // Without a branch on secret data.
  k1[15] = static_cast<std::uint8_t>(k1[15] ^ (0x87U & static_cast<unsigned>(-static_cast<int>(carry))));

  SecretBuffer derived(kAeadKeySize);
  std::array<std::uint8_t, 32> blocks{};
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint8_t* const block = blocks.data() + 16 * half;
    block[1] = static_cast<std::uint8_t>(half + 1);
    block[2] = 0x58;
    std::copy_n(nonce.begin(), 12, block + 4);
    for (std::size_t i = 0; i < k1.size(); ++i) block[i] ^= k1[i];
  }
  cipher.Encrypt(blocks, derived.data());
  Wipe(l.data(), l.size());
  Wipe(k1.data(), k1.size());
  Wipe(blocks.data(), blocks.size());
  return derived;
}

GcmNonce InnerNonce(const XaesNonce& nonce) {
  GcmNonce inner{};
  std::copy_n(nonce.begin() + 12, inner.size(), inner.begin());
  return inner;
}

Error OpenFailed() {
  openssl::DrainErrors();
  return Error(Code::kDataLoss, "crypto.aead.open", "authentication failed: wrong key, or the data was changed");
}

// EVP takes int lengths; larger data goes in pieces.
constexpr std::size_t kPiece = std::size_t{1} << 30U;

bool Update(EVP_CIPHER_CTX* ctx, bool encrypt, std::uint8_t* out, ByteView in) {
  while (!in.empty()) {
    const std::size_t n = std::min(in.size(), kPiece);
    int written = 0;
    const int ok = encrypt ? EVP_EncryptUpdate(ctx, out, &written, in.data(), static_cast<int>(n))
                           : EVP_DecryptUpdate(ctx, out, &written, in.data(), static_cast<int>(n));
    if (ok != 1) return false;
    if (out != nullptr) out += written;
    in = in.subspan(n);
  }
  return true;
}

}  // namespace

Bytes GcmSeal(ByteView key, const GcmNonce& nonce, ByteView associated_data, ByteView plaintext) {
  STEELIE_CHECK(key.size() == kAeadKeySize);
  const openssl::CipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  openssl::CheckOk(EVP_EncryptInit_ex2(ctx.get(), Gcm(), key.data(), nonce.data(), nullptr), "AES-GCM");
  Bytes out(plaintext.size() + kAeadTagSize);
  openssl::CheckOk(Update(ctx.get(), true, nullptr, associated_data) ? 1 : 0, "AES-GCM");
  openssl::CheckOk(Update(ctx.get(), true, out.data(), plaintext) ? 1 : 0, "AES-GCM");
  int written = 0;
  openssl::CheckOk(EVP_EncryptFinal_ex(ctx.get(), out.data() + plaintext.size(), &written), "AES-GCM");
  openssl::CheckOk(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagSize),
                                       out.data() + plaintext.size()),
                   "AES-GCM");
  return out;
}

Result<SecretBuffer> GcmOpen(ByteView key, const GcmNonce& nonce, ByteView associated_data, ByteView ciphertext) {
  STEELIE_CHECK(key.size() == kAeadKeySize);
  if (ciphertext.size() < kAeadTagSize) return OpenFailed();
  const ByteView body = ciphertext.first(ciphertext.size() - kAeadTagSize);
  Bytes tag = ToBytes(ciphertext.last(kAeadTagSize));
  const openssl::CipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  openssl::CheckOk(EVP_DecryptInit_ex2(ctx.get(), Gcm(), key.data(), nonce.data(), nullptr), "AES-GCM");
  SecretBuffer out(body.size());
  openssl::CheckOk(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()),
                   "AES-GCM");
  std::uint8_t unused = 0;
  int written = 0;
  if (!Update(ctx.get(), false, nullptr, associated_data) || !Update(ctx.get(), false, out.data(), body) ||
      EVP_DecryptFinal_ex(ctx.get(), &unused, &written) != 1) {
    return OpenFailed();
  }
  return out;
}

Bytes XaesSeal(ByteView key, const XaesNonce& nonce, ByteView associated_data, ByteView plaintext) {
  STEELIE_CHECK(key.size() == kAeadKeySize);
  return GcmSeal(DeriveKey(key, nonce), InnerNonce(nonce), associated_data, plaintext);
}

Result<SecretBuffer> XaesOpen(ByteView key, const XaesNonce& nonce, ByteView associated_data, ByteView ciphertext) {
  STEELIE_CHECK(key.size() == kAeadKeySize);
  return GcmOpen(DeriveKey(key, nonce), InnerNonce(nonce), associated_data, ciphertext);
}

}  // namespace steelie
