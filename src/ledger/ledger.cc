#include "ledger/ledger.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "base/mutex.h"
#include "ledger/format.h"

namespace steelie::ledger {
namespace {

Error TooLarge(std::string_view what, std::size_t size, std::size_t max) {
  return Error(
      Code::kInvalidArgument, "ledger.too_large",
      std::string(what) + " of " + std::to_string(size) + " bytes exceeds the limit of " + std::to_string(max));
}

Error Conflict(std::uint64_t expected, std::uint64_t last) {
  return Error(
      Code::kAborted, "ledger.conflict",
      "the decision was made at entry " + std::to_string(expected) + ", the last entry now is " + std::to_string(last));
}

// One position in the history and the keys of its epoch: enough to check and to seal what follows.
struct Epoch {
  StoredHeader header;
  EpochKeys keys;
};

Result<StoredHeader> ReadStoredHeader(Store& store) {
  STEELIE_TRY(const std::optional<Bytes> bytes, store.ReadHeader());
  if (bytes) return DecodeHeader(*bytes);
  STEELIE_TRY(const std::uint64_t last, store.LastSequence());
  if (last != 0)
    return Corrupt("the ledger's header is missing, though there are entries up to " + std::to_string(last));
  return Error(Code::kNotFound, "ledger.none", "there is no ledger yet");
}

bool Fits(const StoredHeader& header, const LedgerKey& key) {
  return key.size() == kAeadKeySize &&
         PublicEqual(DeriveEpochKeys(key, header.header.id, header.header.key_epoch).check, header.key_check);
}

// Checks that a stored record is what its place in the store says, and decrypts it.
Result<SecretBuffer> OpenStored(const Epoch& epoch, RecordKind kind, std::uint64_t sequence, ByteView bytes,
                                RecordHeader& record) {
  STEELIE_TRY(record, DecodeRecordHeader(bytes));
  if (record.kind != kind) return Corrupt("the record is of another kind");
  if (record.id != epoch.header.header.id) return Corrupt("the record belongs to another ledger");
  if (record.sequence != sequence) {
    return Corrupt("the record is in the place of another: it has number " + std::to_string(record.sequence));
  }
  if (record.key_epoch != epoch.header.header.key_epoch) return Corrupt("the record is of another key epoch");
  return OpenRecord(bytes, record.nonce, epoch.header.hash, epoch.keys.sealing);
}

// Folds the stored history: one snapshot at most, then entries.
class Replayer {
 public:
  Replayer(Store& store, const Epoch& epoch, const Ledger::Replay& replay)
      : store_(store), epoch_(epoch), replay_(replay) {}

  Result<Tail> Run() {
    // Read first: entries may be added meanwhile, but none of these may be missing afterwards.
    STEELIE_TRY(const std::uint64_t last, store_.LastSequence());
    STEELIE_CHECK_OK(FromSnapshot());
    STEELIE_CHECK_OK(store_.ReadEntries(std::max<std::uint64_t>(tail_.sequence, 1),
                                        [this](const StoredEntry& entry) { return Visit(entry); }));
    if (tail_.sequence < std::max<std::uint64_t>(last, 1)) {
      return Corrupt("entry " + std::to_string(tail_.sequence + 1) + " is missing");
    }
    return tail_;
  }

  std::uint64_t snapshot_sequence() const { return snapshot_sequence_; }

 private:
  Status FromSnapshot() {
    STEELIE_TRY(const std::optional<StoredSnapshot> stored, store_.NewestSnapshot());
    if (!stored) return Ok();
    RecordHeader record;
    auto plain = OpenStored(epoch_, RecordKind::kSnapshot, stored->sequence, stored->bytes, record);
    if (!plain) {
      return std::move(plain).error().WithContext("snapshot of entry " + std::to_string(stored->sequence));
    }
    tail_ = {record.sequence, record.previous};
    snapshot_sequence_ = record.sequence;
    return replay_.snapshot ? replay_.snapshot(*plain) : Ok();
  }

  Status Visit(const StoredEntry& entry) {
    if (snapshot_sequence_ != 0 && entry.sequence == snapshot_sequence_ && tail_.sequence == snapshot_sequence_) {
      // The entry that the snapshot covers last, if it was kept: the snapshot vouches for it.
      if (Sha256(entry.bytes) == tail_.hash) return Ok();
      return Corrupt("entry " + std::to_string(entry.sequence) + " is not the one that the snapshot covers");
    }
    if (entry.sequence != tail_.sequence + 1) {
      return Corrupt("entry " + std::to_string(tail_.sequence + 1) + " is missing");
    }
    RecordHeader record;
    auto plain = OpenStored(epoch_, RecordKind::kEntry, entry.sequence, entry.bytes, record);
    if (plain && record.previous != tail_.hash) plain = Corrupt("the record does not follow the one before it");
    if (!plain) return std::move(plain).error().WithContext("entry " + std::to_string(entry.sequence));
    tail_ = {entry.sequence, Sha256(entry.bytes)};
    return replay_.event ? replay_.event(entry.sequence, *plain) : Ok();
  }

  Store& store_;
  const Epoch& epoch_;
  const Ledger::Replay& replay_;
  Tail tail_;
  std::uint64_t snapshot_sequence_ = 0;
};

}  // namespace

struct Ledger::Impl {
  std::shared_ptr<Store> store;
  Random& random;

  Mutex writing;        // one writer at a time; guards the epoch against change, not against reading its header
  mutable Mutex mutex;  // held briefly
  Epoch epoch STEELIE_GUARDED_BY(writing);
  Header header STEELIE_GUARDED_BY(mutex);
  Tail tail STEELIE_GUARDED_BY(mutex);
  std::uint64_t snapshot_sequence STEELIE_GUARDED_BY(mutex) = 0;

  Impl(std::shared_ptr<Store> s, Random& r, Epoch e)
      : store(std::move(s)), random(r), epoch(std::move(e)), header(epoch.header.header) {}

  Tail CurrentTail() const {
    MutexLock lock(mutex);
    return tail;
  }

  RecordHeader NewRecord(const Epoch& of, RecordKind kind, const Tail& at) const {
    return {kind,
            of.header.header.id,
            kind == RecordKind::kEntry ? at.sequence + 1 : at.sequence,
            of.header.header.key_epoch,
            at.hash,
            random.Take<kXaesNonceSize>()};
  }

  // Seals events as the entries after `at`, which moves to the last of them.
  Status SealEvents(std::span<const SecretBuffer> events, Tail& at, WriteBatch& batch) const {
    batch.entries.reserve(events.size());
    for (const SecretBuffer& event : events) {
      if (event.size() > kMaxEventSize) return TooLarge("an event", event.size(), kMaxEventSize);
      Bytes bytes = SealRecord(NewRecord(epoch, RecordKind::kEntry, at), epoch.header.hash, epoch.keys.sealing, event);
      at = {at.sequence + 1, Sha256(bytes)};
      batch.entries.push_back({at.sequence, std::move(bytes)});
    }
    return Ok();
  }

  Status SealSnapshot(const Epoch& of, const Tail& at, ByteView snapshot, WriteBatch& batch) const {
    if (snapshot.size() > kMaxSnapshotSize) return TooLarge("a snapshot", snapshot.size(), kMaxSnapshotSize);
    batch.snapshot = StoredSnapshot{
        at.sequence, SealRecord(NewRecord(of, RecordKind::kSnapshot, at), of.header.hash, of.keys.sealing, snapshot)};
    return Ok();
  }

  // Whether `at` is a point of the history before the present tail.
  Status CheckInHistory(const Tail& at) const {
    const Error bad(Code::kInvalidArgument, "ledger.snapshot",
                    "entry " + std::to_string(at.sequence) + " is not in the history as described");
    bool found = false;
    const Error stop(Code::kCancelled, "ledger.stop", "");
    const Status read = store->ReadEntries(at.sequence, [&](const StoredEntry& entry) -> Status {
      found = entry.sequence == at.sequence && Sha256(entry.bytes) == at.hash;
      return stop;
    });
    if (!read && read.error().reason() != stop.reason()) return read;
    return found ? Ok() : bad;
  }
};

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::Create(std::shared_ptr<Store> store, const Header& header, LedgerKey key,
                                               Random& random, std::span<const SecretBuffer> events) {
  STEELIE_CHECK(key.size() == kAeadKeySize && header.key_epoch != 0 && !events.empty());
  STEELIE_CHECK(header.recovery.size() <= kMaxRecoverySize);
  const auto existing = ReadStoredHeader(*store);
  if (existing) return Error(Code::kFailedPrecondition, "ledger.exists", "there is a ledger already");
  if (existing.error().reason() != "ledger.none") return existing.error();

  Epoch epoch{{}, DeriveEpochKeys(key, header.id, header.key_epoch)};
  WriteBatch batch;
  batch.header = EncodeHeader(header, epoch.keys.check);
  STEELIE_TRY(epoch.header, DecodeHeader(*batch.header));
  auto impl = std::make_unique<Impl>(std::move(store), random, std::move(epoch));
  Tail tail;
  STEELIE_CHECK_OK(impl->SealEvents(events, tail, batch));
  STEELIE_CHECK_OK(impl->store->Write(0, batch));
  impl->tail = tail;
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Result<std::unique_ptr<Ledger>> Ledger::Open(std::shared_ptr<Store> store, LedgerKey key, Random& random,
                                             const Replay& replay) {
  STEELIE_TRY(StoredHeader header, ReadStoredHeader(*store));
  if (!Fits(header, key)) {
    return Error(Code::kPermissionDenied, "ledger.key",
                 "the key is not that of the ledger's key epoch " + std::to_string(header.header.key_epoch));
  }
  EpochKeys keys = DeriveEpochKeys(key, header.header.id, header.header.key_epoch);
  auto impl = std::make_unique<Impl>(std::move(store), random, Epoch{std::move(header), std::move(keys)});
  Replayer replayer(*impl->store, impl->epoch, replay);
  STEELIE_TRY(impl->tail, replayer.Run());
  impl->snapshot_sequence = replayer.snapshot_sequence();
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Result<Header> Ledger::ReadHeader(Store& store) {
  STEELIE_TRY(StoredHeader stored, ReadStoredHeader(store));
  return std::move(stored.header);
}

Result<Sha256Digest> Ledger::Position(Store& store) {
  STEELIE_TRY(const StoredHeader header, ReadStoredHeader(store));
  STEELIE_TRY(const std::uint64_t last, store.LastSequence());
  Sha256Digest record{};
  // Only a snapshot may be left of the last entry.
  STEELIE_TRY(const std::optional<StoredSnapshot> snapshot, store.NewestSnapshot());
  if (snapshot) record = Sha256(snapshot->bytes);
  STEELIE_CHECK_OK(store.ReadEntries(last, [&](const StoredEntry& entry) -> Status {
    record = Sha256(entry.bytes);
    return Ok();
  }));
  Writer out;
  out.Sized(std::string_view("steelie ledger position v1"));
  out.Raw(header.hash);
  out.U64(last);
  out.Raw(record);
  return Sha256(out.data());
}

Result<bool> Ledger::KeyFits(Store& store, const LedgerKey& key) {
  STEELIE_TRY(const StoredHeader stored, ReadStoredHeader(store));
  return Fits(stored, key);
}

Result<Tail> Ledger::Append(const Tail& expected, std::span<const SecretBuffer> events) {
  MutexLock writing(impl_->writing);
  Tail tail = impl_->CurrentTail();
  if (tail != expected) return Conflict(expected.sequence, tail.sequence);
  if (events.empty()) return tail;
  WriteBatch batch;
  STEELIE_CHECK_OK(impl_->SealEvents(events, tail, batch));
  STEELIE_CHECK_OK(impl_->store->Write(expected.sequence, batch));
  MutexLock lock(impl_->mutex);
  impl_->tail = tail;
  return tail;
}

Status Ledger::WriteSnapshot(const Tail& at, ByteView snapshot, std::uint64_t keep_from) {
  MutexLock writing(impl_->writing);
  const Tail tail = impl_->CurrentTail();
  if (at != tail) {
    if (at.sequence == 0 || at.sequence >= tail.sequence || at.sequence < tail.sequence - entries_since_snapshot()) {
      return Error(Code::kInvalidArgument, "ledger.snapshot",
                   "a snapshot of entry " + std::to_string(at.sequence) + " is older than the newest one");
    }
    STEELIE_CHECK_OK(impl_->CheckInHistory(at));
  }
  WriteBatch batch;
  STEELIE_CHECK_OK(impl_->SealSnapshot(impl_->epoch, at, snapshot, batch));
  batch.drop_snapshots_below = at.sequence;
  batch.drop_entries_below = std::min(keep_from, at.sequence + 1);
  STEELIE_CHECK_OK(impl_->store->Write(tail.sequence, batch));
  MutexLock lock(impl_->mutex);
  impl_->snapshot_sequence = at.sequence;
  return Ok();
}

Status Ledger::StartEpoch(const Tail& expected, const Header& header, LedgerKey key, ByteView snapshot) {
  STEELIE_CHECK(key.size() == kAeadKeySize && header.recovery.size() <= kMaxRecoverySize);
  MutexLock writing(impl_->writing);
  const Tail tail = impl_->CurrentTail();
  if (tail != expected) return Conflict(expected.sequence, tail.sequence);
  const Header& old = impl_->epoch.header.header;
  if (header.id != old.id || header.simulation != old.simulation || header.key_epoch != old.key_epoch + 1) {
    return Error(Code::kInvalidArgument, "ledger.epoch",
                 "the header of the next epoch must keep identifier and mode and have epoch " +
                     std::to_string(old.key_epoch + 1));
  }
  Epoch epoch{{}, DeriveEpochKeys(key, header.id, header.key_epoch)};
  WriteBatch batch;
  batch.header = EncodeHeader(header, epoch.keys.check);
  STEELIE_TRY(epoch.header, DecodeHeader(*batch.header));
  STEELIE_CHECK_OK(impl_->SealSnapshot(epoch, tail, snapshot, batch));
  batch.drop_snapshots_below = tail.sequence;
  batch.drop_entries_below = tail.sequence + 1;
  STEELIE_CHECK_OK(impl_->store->Write(tail.sequence, batch));
  impl_->epoch = std::move(epoch);
  MutexLock lock(impl_->mutex);
  impl_->header = header;
  impl_->snapshot_sequence = tail.sequence;
  return Ok();
}

Tail Ledger::tail() const { return impl_->CurrentTail(); }

Header Ledger::header() const {
  MutexLock lock(impl_->mutex);
  return impl_->header;
}

std::uint64_t Ledger::entries_since_snapshot() const {
  MutexLock lock(impl_->mutex);
  return impl_->tail.sequence - impl_->snapshot_sequence;
}

}  // namespace steelie::ledger
