#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace steelie::backup {

/// The file `backup` in the folder of a backup: what it is of, and what its other files must be.
struct BackupManifest {
  struct Part {
    std::string name;
    std::uint64_t size = 0;
    Sha256Digest hash{};

    bool operator==(const Part&) const = default;
  };

  std::array<std::uint8_t, 16> ledger_id{};
  bool simulation = false;
  std::uint32_t key_epoch = 0;
  std::uint64_t sequence = 0;   // of the last entry in it
  std::uint64_t made_at = 0;    // Unix seconds, by the clock of whoever made it
  std::string program_version;  // of the program that made it
  /// `ledger.db`, and `sealed_key` if there was a usable one.
  std::vector<Part> parts;

  bool operator==(const BackupManifest&) const = default;

  const Part* Find(const std::string& name) const;
};

inline constexpr const char* kManifestFile = "backup";
inline constexpr const char* kLedgerFile = "ledger.db";
inline constexpr const char* kSealedFile = "sealed_key";
inline constexpr std::size_t kMaxManifestSize = 4096;
inline constexpr std::size_t kMaxSealedSize = std::size_t{1} << 20U;

Bytes EncodeBackupManifest(const BackupManifest& manifest);
/// Hostile bytes; names other than those above are refused. It is not authenticated: it finds accidents, while the
/// ledger's own key finds forgery.
/// Errors: kDataLoss `backup.manifest` malformed or damaged; kFailedPrecondition `backup.version` of a newer version.
Result<BackupManifest> DecodeBackupManifest(ByteView bytes);

}  // namespace steelie::backup
