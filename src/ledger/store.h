#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::ledger {

/// One stored entry: its sequence number (1 is the first) and its sealed bytes as docs/formats/ledger.md specifies
/// them.
struct StoredEntry {
  std::uint64_t sequence = 0;
  Bytes bytes;
};

/// A sealed snapshot of everything up to and including an entry.
struct StoredSnapshot {
  std::uint64_t sequence = 0;
  Bytes bytes;
};

/// What one atomic, durable write changes. Everything or nothing of it is there after a crash.
struct WriteBatch {
  /// Replaces the public header, if set. It is not encrypted; ledger.h authenticates it.
  std::optional<Bytes> header;
  std::vector<StoredEntry> entries;  // consecutive, the first follows the present last one
  std::optional<StoredSnapshot> snapshot;
  /// Deletes entries and snapshots below these sequence numbers; 0 = none. Only together with a snapshot that covers
  /// them. A snapshot of the same sequence number as an existing one replaces it.
  std::uint64_t drop_entries_below = 0;
  std::uint64_t drop_snapshots_below = 0;
};

/// The largest sequence number, a bound of the storage engines' integers.
inline constexpr std::uint64_t kMaxSequence = std::uint64_t{1} << 62U;

/// What every store demands of a batch for a ledger whose last entry is `last`: entries follow each other, the snapshot
/// covers nothing that is not there, and only what it covers is dropped. Errors: kInvalidArgument `ledger.batch`.
Status CheckBatch(std::uint64_t last, const WriteBatch& batch);

/// The seam to a storage engine: dumb, ordered, durable. Knows no keys; all contents are opaque and hostile.
///
/// Thread safety: one writer at a time (Ledger sees to it); reads may run concurrently with a write.
class Store {
 public:
  virtual ~Store() = default;

  /// The public header, or nothing if the store was never written to.
  virtual Result<std::optional<Bytes>> ReadHeader() = 0;
  /// Sequence number of the last entry ever written, also if only a snapshot is left of it; 0 if there is none.
  virtual Result<std::uint64_t> LastSequence() = 0;
  /// The newest snapshot, if any.
  virtual Result<std::optional<StoredSnapshot>> NewestSnapshot() = 0;
  /// Calls `visit` for entries `from` and up, in order, until it fails or none is left. Begins with a higher number if
  /// `from` was dropped; a gap after that is kDataLoss `ledger.corrupt`. `visit` may call the store.
  virtual Status ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) = 0;
  /// Applies the batch if the last entry is `expected_last`. Durable when it returns successfully.
  ///
  /// Errors: kAborted `ledger.conflict` somebody else wrote: catch up and decide again; kResourceExhausted
  /// `ledger.full` nothing was written, later attempts may succeed; kDataLoss `ledger.io` it is unknown what is on
  /// disk: the store refuses every further write, the process should end.
  virtual Status Write(std::uint64_t expected_last, const WriteBatch& batch) = 0;
};

}  // namespace steelie::ledger
