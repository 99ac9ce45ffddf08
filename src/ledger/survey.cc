#include "ledger/survey.h"

#include <algorithm>

#include "ledger/format.h"

namespace steelie::ledger {
namespace {

class Surveyor {
 public:
  explicit Surveyor(Store& store) : store_(store) {}

  Survey Run() {
    const Status status = Look();
    if (!status) survey_.damage = {status.error(), place_};
    return std::move(survey_);
  }

 private:
  Status Look() {
    place_ = "header";
    STEELIE_TRY(survey_.header, Ledger::ReadHeader(store_));
    place_ = "ledger.db";
    STEELIE_TRY(survey_.last_sequence, store_.LastSequence());
    STEELIE_CHECK_OK(LookAtSnapshot());
    place_ = "entries";
    STEELIE_CHECK_OK(store_.ReadEntries(1, [this](const StoredEntry& entry) { return LookAt(entry); }));
    return CheckEnds();
  }

  Status CheckRecord(RecordKind kind, std::uint64_t sequence, ByteView bytes, RecordHeader& record) const {
    STEELIE_TRY(record, DecodeRecordHeader(bytes));
    if (record.kind != kind) return Corrupt("the record is of another kind");
    if (record.id != survey_.header->id) return Corrupt("the record belongs to another ledger");
    if (record.sequence != sequence) {
      return Corrupt("the record is in the place of another: it has number " + std::to_string(record.sequence));
    }
    if (record.key_epoch != survey_.header->key_epoch) {
      return Corrupt("the record is of key epoch " + std::to_string(record.key_epoch) + ", the ledger of epoch " +
                     std::to_string(survey_.header->key_epoch));
    }
    return Ok();
  }

  Status LookAtSnapshot() {
    place_ = "snapshot";
    STEELIE_TRY(const std::optional<StoredSnapshot> stored, store_.NewestSnapshot());
    if (!stored) return Ok();
    place_ = "snapshot " + std::to_string(stored->sequence);
    RecordHeader record;
    STEELIE_CHECK_OK(CheckRecord(RecordKind::kSnapshot, stored->sequence, stored->bytes, record));
    survey_.snapshot = stored->sequence;
    snapshot_covers_ = record.previous;
    return Ok();
  }

  Status LookAt(const StoredEntry& entry) {
    const bool first = survey_.entries == 0;
    const std::uint64_t expected = previous_.sequence + 1;
    place_ = "entry " + std::to_string(first ? entry.sequence : expected);
    if (!first && entry.sequence != expected) return Corrupt("entry " + std::to_string(expected) + " is missing");
    RecordHeader record;
    STEELIE_CHECK_OK(CheckRecord(RecordKind::kEntry, entry.sequence, entry.bytes, record));
    STEELIE_CHECK_OK(CheckLink(first, entry.sequence, record.previous));
    previous_ = {entry.sequence, Sha256(entry.bytes)};
    if (entry.sequence == survey_.snapshot && previous_.hash != snapshot_covers_) {
      return Corrupt("the entry is not the one that the snapshot covers");
    }
    if (first) survey_.first_sequence = entry.sequence;
    ++survey_.entries;
    place_ = "entry " + std::to_string(entry.sequence + 1);  // for a gap that the store finds
    return Ok();
  }

  // Of the first entry that is kept, only what begins the ledger or follows the snapshot has something to follow.
  Status CheckLink(bool first, std::uint64_t sequence, const Sha256Digest& previous) const {
    const bool follows_snapshot = survey_.snapshot != 0 && sequence == survey_.snapshot + 1;
    bool linked = true;
    if (!first) {
      linked = previous == previous_.hash;
    } else if (sequence == 1) {
      linked = previous == Sha256Digest{};
    } else if (follows_snapshot) {
      linked = previous == snapshot_covers_;
    } else if (sequence > survey_.snapshot) {
      return Corrupt("entry " + std::to_string(survey_.snapshot + 1) + " is missing");
    }
    if (!linked) return Corrupt("the record does not follow the one before it");
    return Ok();
  }

  Status CheckEnds() {
    const std::uint64_t end = std::max(previous_.sequence, survey_.snapshot);
    place_ = "entry " + std::to_string(end + 1);
    if (end < std::max<std::uint64_t>(survey_.last_sequence, 1)) {
      return Corrupt("entry " + std::to_string(end + 1) + " is missing");
    }
    // Entries that end before the snapshot would leave a gap once more are written.
    if (survey_.entries != 0 && previous_.sequence < survey_.snapshot) {
      place_ = "entry " + std::to_string(previous_.sequence + 1);
      return Corrupt("entry " + std::to_string(previous_.sequence + 1) + " is missing");
    }
    return Ok();
  }

  Store& store_;
  Survey survey_;
  std::string place_;
  Sha256Digest snapshot_covers_{};
  Tail previous_;
};

}  // namespace

Survey SurveyLedger(Store& store) { return Surveyor(store).Run(); }

}  // namespace steelie::ledger
