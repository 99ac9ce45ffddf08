#include "ledger/store.h"

#include <string>

namespace steelie::ledger {

Status CheckBatch(std::uint64_t last, const WriteBatch& batch) {
  const auto bad = [](std::string message) {
    return Error(Code::kInvalidArgument, "ledger.batch", std::move(message));
  };
  for (const StoredEntry& entry : batch.entries) {
    if (entry.sequence != ++last || last > kMaxSequence) {
      return bad("entry " + std::to_string(entry.sequence) + " does not follow the last one");
    }
  }
  std::uint64_t covered = 0;
  if (batch.snapshot) {
    covered = batch.snapshot->sequence;
    if (covered == 0 || covered > last) {
      return bad("a snapshot of entry " + std::to_string(covered) + " cannot be: the last is " + std::to_string(last));
    }
    if (batch.drop_snapshots_below > covered) return bad("the new snapshot must not be dropped");
  } else if (batch.drop_snapshots_below != 0 || batch.drop_entries_below != 0) {
    return bad("only a write with a snapshot may drop what it replaces");
  }
  if (batch.drop_entries_below > covered + 1) return bad("entries above the snapshot must not be dropped");
  return Ok();
}

}  // namespace steelie::ledger
