#include "seal/collected.h"

#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "crypto/aead.h"

namespace steelie::seal {
namespace {

constexpr std::string_view kMagic = "STLS";
constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kLabel = "steelie collected recovery secrets v1";
constexpr std::size_t kMaxPlatformInfo = std::size_t{64} << 10U;
constexpr std::size_t kMaxSecrets = 4096;
constexpr std::size_t kMaxSecretSize = 33;
constexpr std::size_t kMaxPlain = 4 + kMaxSecrets * (4 + kMaxSecretSize);
constexpr std::size_t kOverhead = kXaesNonceSize + kAeadTagSize;
constexpr std::size_t kMaxSealed = kMaxPlain + kOverhead;
// Clocks are corrected by a little now and then, often at a restart.
constexpr std::chrono::minutes kClockCorrection{5};

std::uint64_t Nanoseconds(Instant t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
Instant FromNanoseconds(std::uint64_t n) { return Instant(std::chrono::nanoseconds(static_cast<std::int64_t>(n))); }

// All that stands unencrypted in the file.
void WritePublic(Writer& out, const CollectedFile& file) {
  out.Raw(file.binding.ledger_id);
  out.Bool(file.binding.simulation);
  out.U32(file.binding.key_epoch);
  out.Raw(file.binding.position);
  out.U64(Nanoseconds(file.first));
  out.U64(Nanoseconds(file.latest));
  out.Sized(file.platform_info);
}

Bytes AssociatedData(const CollectedFile& file) {
  Writer out;
  out.Sized(kLabel);
  WritePublic(out, file);
  return std::move(out).Take();
}

Error Malformed(std::string message) { return Error(Code::kDataLoss, "collected.malformed", std::move(message)); }

Error CannotUnseal() {
  return Error(Code::kPermissionDenied, "collected.unseal",
               "the collected recovery secrets cannot be unsealed: they were sealed by another platform or program, or "
               "the file was changed");
}

}  // namespace

CollectedFile SealCollected(const CollectedBinding& binding, Instant first, Instant latest,
                            const PlatformKey& platform_key, Bytes platform_info,
                            const std::vector<SecretBuffer>& secrets, Random& random) {
  STEELIE_CHECK(!secrets.empty() && secrets.size() <= kMaxSecrets && platform_info.size() <= kMaxPlatformInfo);
  BasicWriter<SecretBuffer> plain;
  plain.U32(static_cast<std::uint32_t>(secrets.size()));
  for (const SecretBuffer& secret : secrets) {
    STEELIE_CHECK(secret.size() <= kMaxSecretSize);
    plain.Sized(secret);
  }
  const auto nonce = random.Take<kXaesNonceSize>();
  CollectedFile out{binding, first, latest, std::move(platform_info), ToBytes(nonce)};
  const Bytes ciphertext =
      platform_key.Reveal([&](ByteView key) { return XaesSeal(key, nonce, AssociatedData(out), plain.data()); });
  out.sealed.insert(out.sealed.end(), ciphertext.begin(), ciphertext.end());
  return out;
}

Status CheckCollected(const CollectedFile& file, const CollectedBinding& expected, Instant now) {
  if (file.binding != expected) {
    return Error(Code::kFailedPrecondition, "collected.foreign",
                 "the collected recovery secrets are of another ledger, key epoch or mode, or from before a change of "
                 "the ledger");
  }
  if (now + kClockCorrection < file.latest) {
    return Error(Code::kFailedPrecondition, "collected.expired",
                 "the collected recovery secrets are from the future: the clock was set back from " +
                     FormatMillis(file.latest) + " to " + FormatMillis(now));
  }
  if (file.latest < file.first || std::max(now, file.latest) - file.first >= kCollectedLifetime) {
    return Error(Code::kFailedPrecondition, "collected.expired",
                 "the collected recovery secrets have expired: the first one came at " + FormatMillis(file.first));
  }
  return Ok();
}

Result<std::vector<SecretBuffer>> OpenCollected(const CollectedFile& file, const PlatformKey& platform_key) {
  if (platform_key.size() != kAeadKeySize || file.sealed.size() < kOverhead) return CannotUnseal();
  XaesNonce nonce{};
  std::copy_n(file.sealed.begin(), nonce.size(), nonce.begin());
  const auto plain = platform_key.Reveal([&](ByteView key) {
    return XaesOpen(key, nonce, AssociatedData(file), ByteView(file.sealed).subspan(nonce.size()));
  });
  if (!plain) return CannotUnseal();
  Reader in(*plain);
  const std::uint32_t count = in.Count(4, kMaxSecrets);
  std::vector<SecretBuffer> out;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const ByteView secret = in.Sized(kMaxSecretSize);
    out.emplace_back(secret.begin(), secret.end());
  }
  if (!in.AtEnd()) return Malformed("the collected recovery secrets do not decode");
  return out;
}

Bytes EncodeCollected(const CollectedFile& file) {
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U8(kVersion);
  WritePublic(out, file);
  out.Sized(file.sealed);
  out.Raw(Sha256(out.data()));
  return std::move(out).Take();
}

Result<CollectedFile> DecodeCollected(ByteView bytes) {
  Reader in(bytes);
  if (!PublicEqual(in.Take(kMagic.size()), AsBytes(kMagic))) return Malformed("this is no file of recovery secrets");
  const std::uint8_t version = in.U8();
  if (version > kVersion) {
    return Error(Code::kFailedPrecondition, "collected.version",
                 "the collected recovery secrets were written by a newer version (format " + std::to_string(version) +
                     ", this program knows " + std::to_string(kVersion) + ")");
  }
  CollectedFile out;
  const ByteView id = in.Take(out.binding.ledger_id.size());
  out.binding.simulation = in.Bool();
  out.binding.key_epoch = in.U32();
  const ByteView position = in.Take(out.binding.position.size());
  const std::uint64_t first = in.U64();
  const std::uint64_t latest = in.U64();
  out.platform_info = ToBytes(in.Sized(kMaxPlatformInfo));
  out.sealed = ToBytes(in.Sized(kMaxSealed));
  const std::size_t covered = in.position();
  const ByteView checksum = in.Take(32);
  // Later times could not be calculated with.
  constexpr std::uint64_t kLatest = std::uint64_t{1} << 62U;
  if (version != kVersion || !in.AtEnd() || out.sealed.size() < kOverhead || first > kLatest || latest > kLatest ||
      !PublicEqual(checksum, Sha256(bytes.first(covered)))) {
    return Malformed("the collected recovery secrets are damaged");
  }
  std::ranges::copy(id, out.binding.ledger_id.begin());
  std::ranges::copy(position, out.binding.position.begin());
  out.first = FromNanoseconds(first);
  out.latest = FromNanoseconds(latest);
  return out;
}

}  // namespace steelie::seal
