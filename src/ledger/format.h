#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "ledger/ledger.h"

// The byte formats of docs/formats/ledger.md. Pure functions; everything decoded here is hostile.
namespace steelie::ledger {

inline constexpr std::size_t kMaxEventSize = std::size_t{64} << 20U;
inline constexpr std::size_t kMaxSnapshotSize = std::size_t{256} << 20U;
inline constexpr std::size_t kMaxRecoverySize = std::size_t{1} << 20U;

enum class RecordKind : std::uint8_t { kEntry = 1, kSnapshot = 2 };

/// What stands unencrypted before the ciphertext of an entry or a snapshot.
struct RecordHeader {
  RecordKind kind = RecordKind::kEntry;
  LedgerId id{};
  std::uint64_t sequence = 0;
  std::uint32_t key_epoch = 0;
  /// Of an entry: the hash of the entry before it (zeros for the first). Of a snapshot: the hash of the entry that it
  /// covers last.
  Sha256Digest previous{};
  XaesNonce nonce{};

  bool operator==(const RecordHeader&) const = default;
};

inline constexpr std::size_t kRecordHeaderSize = 4 + 1 + 1 + 16 + 8 + 4 + 32 + 24;

/// Errors: kDataLoss `ledger.corrupt`, kFailedPrecondition `ledger.version`.
Result<RecordHeader> DecodeRecordHeader(ByteView record);

/// The public header as stored: its fields, and a value that says which key belongs to it without revealing it.
struct StoredHeader {
  Header header;
  Sha256Digest key_check{};
  /// SHA-256 of the encoding. Part of the associated data of every record of the epoch.
  Sha256Digest hash{};
};

Bytes EncodeHeader(const Header& header, const Sha256Digest& key_check);
/// Errors: kDataLoss `ledger.corrupt`, kFailedPrecondition `ledger.version`.
Result<StoredHeader> DecodeHeader(ByteView bytes);

struct SealingKeyTag;
/// What a ledger key is used for: sealing records, and proving that it is the key of a header.
struct EpochKeys {
  Secret<SealingKeyTag> sealing;
  Sha256Digest check{};
};

/// `key` has 32 bytes.
EpochKeys DeriveEpochKeys(const LedgerKey& key, const LedgerId& id, std::uint32_t key_epoch);

/// Seals a record of the epoch whose header hashes to `header_hash`.
Bytes SealRecord(const RecordHeader& record, const Sha256Digest& header_hash, const Secret<SealingKeyTag>& key,
                 ByteView plaintext);
/// Errors: kDataLoss `ledger.corrupt`.
Result<SecretBuffer> OpenRecord(ByteView record, const XaesNonce& nonce, const Sha256Digest& header_hash,
                                const Secret<SealingKeyTag>& key);

/// kDataLoss `ledger.corrupt` with a message.
Error Corrupt(std::string message);

}  // namespace steelie::ledger
