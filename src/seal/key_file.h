#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "secret/secret.h"

namespace steelie::seal {

struct PlatformKeyTag;
/// The 256-bit key that the platform derives for this program (or the fixed one of a platform without protection).
using PlatformKey = Secret<PlatformKeyTag>;

/// One ledger key, wrapped by a platform key. The associated data binds it to its ledger, epoch and mode.
struct WrappedKey {
  std::uint32_t key_epoch = 0;
  /// Opaque to seal/: what the platform needs to derive the wrapping key again (for SGX the key request).
  Bytes platform_info;
  Bytes sealed;  // nonce and ciphertext
};

/// What the file `sealed_key` of a seal directory holds: normally one wrapped key; two while an epoch changes, so that
/// whichever epoch the ledger is found in after a crash, its key is there.
struct KeyFile {
  std::array<std::uint8_t, 16> ledger_id{};
  bool simulation = false;
  std::vector<WrappedKey> keys;
};

/// Wraps 32 bytes of key material.
WrappedKey Wrap(const std::array<std::uint8_t, 16>& ledger_id, bool simulation, std::uint32_t key_epoch,
                const PlatformKey& platform_key, Bytes platform_info, ByteView ledger_key, Random& random);
/// Errors: kPermissionDenied `seal.unwrap` wrong platform key, or the file was changed.
Result<SecretBuffer> Unwrap(const KeyFile& file, const WrappedKey& wrapped, const PlatformKey& platform_key);

/// Encoding of the file: versioned, checksummed against accidental damage. Hostile bytes when decoding.
/// Errors: kDataLoss `seal.key_file` malformed; kFailedPrecondition `seal.version` written by a newer version.
Bytes EncodeKeyFile(const KeyFile& file);
Result<KeyFile> DecodeKeyFile(ByteView bytes);

}  // namespace steelie::seal
