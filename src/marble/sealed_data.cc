#include "marble/sealed_data.h"

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"

namespace steelie::marble {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'S', 'T', 'L', 'S', 'E', 'A', 'L', 0};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kVersionEnd = kMagic.size() + 2;
constexpr std::size_t kHeader = kVersionEnd + 8;
constexpr std::size_t kOverhead = kHeader + kXaesNonceSize + kAeadTagSize;
constexpr std::size_t kMinMaterial = 16;
constexpr std::size_t kMaxMaterial = 64;
constexpr std::string_view kExpandLabel = "steelie sealing key from key material v1";

bool IsHexDigit(std::uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::uint8_t HexValue(std::uint8_t c) {
  if (c <= '9') return static_cast<std::uint8_t>(c - '0');
  return static_cast<std::uint8_t>((c | 0x20U) - 'a' + 10);
}

SecretBuffer FromHex(ByteView digits) {
  SecretBuffer out(digits.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(HexValue(digits[2 * i]) << 4U | HexValue(digits[2 * i + 1]));
  }
  return out;
}

// The header fields have a fixed size, so header and associated data cannot be mistaken for each other.
Bytes Authenticated(std::uint64_t size, ByteView associated_data) {
  Writer out;
  out.Raw(kMagic);
  out.U16(kVersion);
  out.U64(size);
  out.Raw(associated_data);
  return std::move(out).Take();
}

Error Malformed(std::string message) { return Error(Code::kInvalidArgument, "seal.malformed", std::move(message)); }

}  // namespace

Result<SealKey> SealKeyFrom(ByteView material) {
  if (material.size() < kMinMaterial || material.size() > kMaxMaterial) {
    return Error(Code::kInvalidArgument, "seal.key",
                 "sealing needs key material of 16 to 64 bytes, saw " + std::to_string(material.size()));
  }
  if (material.size() == kAeadKeySize) return SealKey(material);
  if (material.size() == 2 * kAeadKeySize && std::ranges::all_of(material, IsHexDigit)) {
    return SealKey(FromHex(material));
  }
  return SealKey(HkdfSha256(material, {}, AsBytes(kExpandLabel), kAeadKeySize));
}

Result<Bytes> SealData(const SealKey& key, ByteView plaintext, ByteView associated_data, Random& random) {
  if (plaintext.size() > kMaxSealed || associated_data.size() > kMaxSealed) {
    return Error(Code::kInvalidArgument, "seal.size", "more than 1 GiB cannot be sealed at once");
  }
  const XaesNonce nonce = random.Take<kXaesNonceSize>();
  const Bytes authenticated = Authenticated(plaintext.size(), associated_data);
  const Bytes ciphertext = key.Reveal([&](ByteView k) { return XaesSeal(k, nonce, authenticated, plaintext); });
  Bytes out;
  out.reserve(kOverhead + plaintext.size());
  out.insert(out.end(), authenticated.begin(), authenticated.begin() + kHeader);
  out.insert(out.end(), nonce.begin(), nonce.end());
  out.insert(out.end(), ciphertext.begin(), ciphertext.end());
  return out;
}

Result<SecretBuffer> UnsealData(const SealKey& key, ByteView sealed, ByteView associated_data) {
  Reader reader(sealed);
  const ByteView magic = reader.Take(kMagic.size());
  const std::uint16_t version = reader.U16();
  if (!reader.ok() || !PublicEqual(magic, kMagic)) return Malformed("this is not sealed data");
  if (version > kVersion) {
    return Error(Code::kUnimplemented, "seal.version",
                 "sealed in format version " + std::to_string(version) + ", this program knows version " +
                     std::to_string(kVersion));
  }
  if (version != kVersion) return Malformed("this is not sealed data");
  const std::uint64_t size = reader.U64();
  if (!reader.ok() || size > kMaxSealed || sealed.size() != kOverhead + size) {
    return Malformed("sealed data of " + std::to_string(size) + " bytes has a length of " +
                     std::to_string(sealed.size()) + ": it is cut off or has grown");
  }
  XaesNonce nonce{};
  std::ranges::copy(reader.Take(nonce.size()), nonce.begin());
  const ByteView ciphertext = reader.Take(reader.remaining());
  auto plaintext =
      key.Reveal([&](ByteView k) { return XaesOpen(k, nonce, Authenticated(size, associated_data), ciphertext); });
  if (plaintext) return plaintext;
  return Error(Code::kDataLoss, "seal.open", "wrong key or associated data, or the sealed data has been tampered with");
}

}  // namespace steelie::marble
