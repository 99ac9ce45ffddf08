#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "seal/key_file.h"
#include "secret/wipe.h"

namespace steelie::seal {

/// How long recovery secrets count after the first of them came. Holders may live in different time zones and carry
/// their secrets by hand; after a day everybody is asked again.
inline constexpr std::chrono::hours kCollectedLifetime{24};

/// What collected recovery secrets are bound to.
struct CollectedBinding {
  std::array<std::uint8_t, 16> ledger_id{};
  bool simulation = false;
  std::uint32_t key_epoch = 0;
  /// Names the history that is to be recovered. A recovery adds to it, so what was collected before one does not count
  /// for the next.
  Sha256Digest position{};

  bool operator==(const CollectedBinding&) const = default;
};

/// The file `recovery_shares` of a seal directory: recovery secrets that wait for the others, sealed by the platform.
struct CollectedFile {
  CollectedBinding binding;
  Instant first{};   // when the first secret came
  Instant latest{};  // when the newest came
  /// Opaque to seal/: what the platform needs to derive the sealing key again.
  Bytes platform_info;
  Bytes sealed;  // nonce and ciphertext
};

/// Seals the secrets. The times, the binding and the platform information are authenticated with them.
CollectedFile SealCollected(const CollectedBinding& binding, Instant first, Instant latest,
                            const PlatformKey& platform_key, Bytes platform_info,
                            const std::vector<SecretBuffer>& secrets, Random& random);

/// Whether the file may be used: everything but the seal. Errors: kFailedPrecondition `collected.foreign` of another
/// ledger, epoch, mode or point of the history; `collected.expired` by `now`, or `now` is before the newest secret
/// came: the clock was set back.
Status CheckCollected(const CollectedFile& file, const CollectedBinding& expected, Instant now);

/// Errors: kPermissionDenied `collected.unseal` wrong platform key, or the file was changed.
Result<std::vector<SecretBuffer>> OpenCollected(const CollectedFile& file, const PlatformKey& platform_key);

/// Encoding of the file: versioned, checksummed against accidental damage. Hostile bytes when decoding.
/// Errors: kDataLoss `collected.malformed`; kFailedPrecondition `collected.version` written by a newer version.
Bytes EncodeCollected(const CollectedFile& file);
Result<CollectedFile> DecodeCollected(ByteView bytes);

/// The longest encoding.
inline constexpr std::size_t kMaxCollectedFile = std::size_t{512} << 10U;

}  // namespace steelie::seal
