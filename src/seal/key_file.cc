#include "seal/key_file.h"

#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace steelie::seal {
namespace {

constexpr std::string_view kMagic = "STLW";
constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kWrapLabel = "steelie sealed ledger key v1";
constexpr std::size_t kLedgerKeySize = 32;
constexpr std::size_t kSealedSize = kXaesNonceSize + kLedgerKeySize + kAeadTagSize;
constexpr std::size_t kMaxPlatformInfo = std::size_t{64} << 10U;
constexpr std::size_t kMaxKeys = 8;

Bytes AssociatedData(const std::array<std::uint8_t, 16>& ledger_id, bool simulation, std::uint32_t key_epoch,
                     ByteView platform_info) {
  Writer out;
  out.Sized(kWrapLabel);
  out.Raw(ledger_id);
  out.Bool(simulation);
  out.U32(key_epoch);
  out.Sized(platform_info);
  return std::move(out).Take();
}

Error Malformed(std::string message) { return Error(Code::kDataLoss, "seal.key_file", std::move(message)); }

Error CannotUnwrap() {
  return Error(
      Code::kPermissionDenied, "seal.unwrap",
      "the ledger key cannot be unwrapped: it was sealed by another platform, program or mode, or the file was "
      "changed");
}

}  // namespace

WrappedKey Wrap(const std::array<std::uint8_t, 16>& ledger_id, bool simulation, std::uint32_t key_epoch,
                const PlatformKey& platform_key, Bytes platform_info, ByteView ledger_key, Random& random) {
  STEELIE_CHECK(ledger_key.size() == kLedgerKeySize && platform_info.size() <= kMaxPlatformInfo);
  const auto nonce = random.Take<kXaesNonceSize>();
  WrappedKey out{key_epoch, std::move(platform_info), ToBytes(nonce)};
  const Bytes ciphertext = platform_key.Reveal([&](ByteView key) {
    return XaesSeal(key, nonce, AssociatedData(ledger_id, simulation, key_epoch, out.platform_info), ledger_key);
  });
  out.sealed.insert(out.sealed.end(), ciphertext.begin(), ciphertext.end());
  return out;
}

Result<SecretBuffer> Unwrap(const KeyFile& file, const WrappedKey& wrapped, const PlatformKey& platform_key) {
  if (platform_key.size() != kAeadKeySize || wrapped.sealed.size() != kSealedSize) return CannotUnwrap();
  XaesNonce nonce{};
  std::copy_n(wrapped.sealed.begin(), nonce.size(), nonce.begin());
  auto key = platform_key.Reveal([&](ByteView bytes) {
    return XaesOpen(bytes, nonce,
                    AssociatedData(file.ledger_id, file.simulation, wrapped.key_epoch, wrapped.platform_info),
                    ByteView(wrapped.sealed).subspan(nonce.size()));
  });
  if (!key) return CannotUnwrap();
  return key;
}

Bytes EncodeKeyFile(const KeyFile& file) {
  STEELIE_CHECK(!file.keys.empty() && file.keys.size() <= kMaxKeys);
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U8(kVersion);
  out.Raw(file.ledger_id);
  out.Bool(file.simulation);
  out.U32(static_cast<std::uint32_t>(file.keys.size()));
  for (const WrappedKey& key : file.keys) {
    out.U32(key.key_epoch);
    out.Sized(key.platform_info);
    out.Sized(key.sealed);
  }
  out.Raw(Sha256(out.data()));
  return std::move(out).Take();
}

Result<KeyFile> DecodeKeyFile(ByteView bytes) {
  Reader in(bytes);
  if (!PublicEqual(in.Take(kMagic.size()), AsBytes(kMagic))) return Malformed("this is not a key file");
  const std::uint8_t version = in.U8();
  if (version > kVersion) {
    return Error(Code::kFailedPrecondition, "seal.version",
                 "the key file was written by a newer version (format " + std::to_string(version) +
                     ", this program knows " + std::to_string(kVersion) + ")");
  }
  if (version != kVersion) return Malformed("the key file has an unknown version");
  KeyFile out;
  const ByteView id = in.Take(out.ledger_id.size());
  out.simulation = in.Bool();
  const std::uint32_t count = in.Count(12, kMaxKeys);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    WrappedKey key;
    key.key_epoch = in.U32();
    key.platform_info = ToBytes(in.Sized(kMaxPlatformInfo));
    key.sealed = ToBytes(in.Sized(kSealedSize));
    if (key.key_epoch == 0 || key.sealed.size() != kSealedSize) in.Fail();
    out.keys.push_back(std::move(key));
  }
  const std::size_t covered = in.position();
  const ByteView checksum = in.Take(32);
  if (!in.AtEnd() || out.keys.empty() || !PublicEqual(checksum, Sha256(bytes.first(covered)))) {
    return Malformed("the key file is damaged");
  }
  std::copy(id.begin(), id.end(), out.ledger_id.begin());
  return out;
}

}  // namespace steelie::seal
