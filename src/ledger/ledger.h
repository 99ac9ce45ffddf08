#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "ledger/store.h"
#include "secret/secret.h"

namespace steelie::ledger {

struct LedgerKeyTag;
/// The 256-bit key that seals entries and snapshots of one key epoch.
using LedgerKey = Secret<LedgerKeyTag>;

using LedgerId = std::array<std::uint8_t, 16>;

/// Public facts about a ledger, readable without its key, fixed at creation except where noted.
struct Header {
  LedgerId id{};
  bool simulation = false;      // the mode of section "Simulation" in docs/architecture.md
  std::uint32_t key_epoch = 1;  // changes when recovery keys change
  Bytes recovery;               // opaque to the ledger: seal/ describes who can recover; changes with the epoch

  bool operator==(const Header&) const = default;
};

/// Name of a point in the history: how many entries, and the hash of the last one.
struct Tail {
  std::uint64_t sequence = 0;
  Sha256Digest hash{};

  bool operator==(const Tail&) const = default;
};

/// A sealed, hash-chained, append-only sequence of events with snapshots, over any Store.
///
/// Every entry is `header | ciphertext | tag`; the header carries format version, ledger id, sequence number, key
/// epoch, hash of the previous entry and a random 192-bit nonce, and is the associated data of the encryption. So
/// entries can be neither reordered nor spliced nor taken from another ledger: only a whole suffix can be missing.
///
/// Thread safety: Append and WriteSnapshot are serialised inside; reads may run concurrently with them.
/// Hostile: everything that comes from the store.
class Ledger {
 public:
  /// What folding the stored history calls, in order: at most one snapshot, then every later event.
  struct Replay {
    std::function<Status(ByteView snapshot)> snapshot;
    std::function<Status(std::uint64_t sequence, ByteView event)> event;
  };

  /// Starts a ledger in an empty store, with the first events already in it (a ledger without events does not exist).
  /// Errors: kFailedPrecondition `ledger.exists` if the store has a header; those of Append.
  static Result<std::unique_ptr<Ledger>> Create(std::shared_ptr<Store> store, const Header& header, LedgerKey key,
                                                Random& random, std::span<const SecretBuffer> events);

  /// Opens a stored ledger and replays it.
  /// Errors: kNotFound `ledger.none` the store was never written; kPermissionDenied `ledger.key` the key is not that of
  /// this ledger's epoch; kDataLoss `ledger.corrupt` an entry or snapshot does not authenticate, chain or follow, with
  /// its sequence number in the message; kFailedPrecondition `ledger.version` written by a newer version. Errors of the
  /// replay callbacks are passed on.
  static Result<std::unique_ptr<Ledger>> Open(std::shared_ptr<Store> store, LedgerKey key, Random& random,
                                              const Replay& replay);

  /// The public header without a key. Errors: kNotFound `ledger.none`, kDataLoss `ledger.corrupt`.
  static Result<Header> ReadHeader(Store& store);

  /// A digest that names the stored history without a key: of the header and the last record. Whatever is written
  /// changes it. As the host shows it: not authenticated. Errors as ReadHeader, and those of the store.
  static Result<Sha256Digest> Position(Store& store);

  /// Whether `key` is that of the store's present epoch: cheap test of a recovery candidate. Decided by a value in the
  /// header that only the right key produces, so damaged entries do not make a right key look wrong.
  static Result<bool> KeyFits(Store& store, const LedgerKey& key);

  /// Appends events as consecutive entries in one durable write. The tail that the caller decided on must still be the
  /// last: else kAborted `ledger.conflict`. No events: nothing is written. Errors: kInvalidArgument `ledger.too_large`
  /// an event above 64 MiB; those of Store::Write.
  Result<Tail> Append(const Tail& expected, std::span<const SecretBuffer> events);

  /// Stores a snapshot of the state as of `at` (a tail that Append or Open returned) and drops older snapshots, and
  /// entries below `keep_from` (0 keeps all; entries above the snapshot always stay). Errors: kInvalidArgument
  /// `ledger.snapshot` if `at` is not in the history or older than the newest snapshot, `ledger.too_large` above
  /// 256 MiB; those of Store::Write.
  Status WriteSnapshot(const Tail& at, ByteView snapshot, std::uint64_t keep_from);

  /// Starts a new key epoch: one durable write that holds the new header, a snapshot of the state as of the present
  /// tail under the new key, and deletes everything sealed under the old key. Identifier and mode must stay, the epoch
  /// must be the next one: else kInvalidArgument `ledger.epoch`. Other errors as for Append and WriteSnapshot.
  Status StartEpoch(const Tail& expected, const Header& header, LedgerKey key, ByteView snapshot);

  Tail tail() const;
  Header header() const;
  /// Entries since the newest snapshot, for deciding when to write the next one.
  std::uint64_t entries_since_snapshot() const;

  ~Ledger();

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace steelie::ledger
