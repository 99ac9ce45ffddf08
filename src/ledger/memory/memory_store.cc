#include "ledger/memory/memory_store.h"

#include <algorithm>
#include <string>

namespace steelie::ledger {

Result<std::optional<Bytes>> MemoryStore::ReadHeader() {
  MutexLock lock(mutex_);
  return contents_.header;
}

std::uint64_t MemoryStore::Last() const {
  const std::uint64_t entry = contents_.entries.empty() ? 0 : contents_.entries.rbegin()->first;
  const std::uint64_t snapshot = contents_.snapshots.empty() ? 0 : contents_.snapshots.rbegin()->first;
  return std::max(entry, snapshot);
}

Result<std::uint64_t> MemoryStore::LastSequence() {
  MutexLock lock(mutex_);
  return Last();
}

Result<std::optional<StoredSnapshot>> MemoryStore::NewestSnapshot() {
  MutexLock lock(mutex_);
  std::optional<StoredSnapshot> newest;
  if (!contents_.snapshots.empty()) {
    const auto& [sequence, bytes] = *contents_.snapshots.rbegin();
    newest = StoredSnapshot{sequence, bytes};
  }
  return newest;
}

Status MemoryStore::ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) {
  for (bool first = true;; first = false) {
    StoredEntry entry;
    {
      MutexLock lock(mutex_);
      const auto it = contents_.entries.lower_bound(from);
      if (it == contents_.entries.end()) return Ok();
      entry = {it->first, it->second};
    }
    if (!first && entry.sequence != from) {
      return Error(Code::kDataLoss, "ledger.corrupt", "entry " + std::to_string(from) + " is missing");
    }
    STEELIE_CHECK_OK(visit(entry));
    from = entry.sequence + 1;
  }
}

Status MemoryStore::Write(std::uint64_t expected_last, const WriteBatch& batch) {
  MutexLock lock(mutex_);
  if (broken_) return *broken_;
  const std::uint64_t last = Last();
  if (last != expected_last) {
    return Error(Code::kAborted, "ledger.conflict",
                 "the last entry is " + std::to_string(last) + ", not " + std::to_string(expected_last));
  }
  STEELIE_CHECK_OK(CheckBatch(last, batch));
  if (fault_ && --fault_->after == 0) {
    const Fault fault = *fault_;
    fault_.reset();
    if (fault.error.code() == Code::kDataLoss) broken_ = fault.error;
    if (fault.applied) Apply(batch);
    return fault.error;
  }
  Apply(batch);
  return Ok();
}

void MemoryStore::Apply(const WriteBatch& batch) {
  if (batch.header) contents_.header = batch.header;
  for (const StoredEntry& entry : batch.entries) contents_.entries[entry.sequence] = entry.bytes;
  if (batch.snapshot) contents_.snapshots[batch.snapshot->sequence] = batch.snapshot->bytes;
  contents_.entries.erase(contents_.entries.begin(), contents_.entries.lower_bound(batch.drop_entries_below));
  contents_.snapshots.erase(contents_.snapshots.begin(), contents_.snapshots.lower_bound(batch.drop_snapshots_below));
}

void MemoryStore::FailWrite(int n, Error error, bool applied) {
  MutexLock lock(mutex_);
  fault_ = Fault{n, std::move(error), applied};
}

void MemoryStore::Reopen() {
  MutexLock lock(mutex_);
  fault_.reset();
  broken_.reset();
}

void MemoryStore::LoseSuffix(std::size_t count) {
  MutexLock lock(mutex_);
  for (; count > 0 && !contents_.entries.empty(); --count) contents_.entries.erase(std::prev(contents_.entries.end()));
}

MemoryStore::Contents MemoryStore::contents() const {
  MutexLock lock(mutex_);
  return contents_;
}

void MemoryStore::set_contents(Contents contents) {
  MutexLock lock(mutex_);
  contents_ = std::move(contents);
}

}  // namespace steelie::ledger
