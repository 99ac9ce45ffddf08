#pragma once

#include <map>
#include <optional>

#include "base/mutex.h"
#include "ledger/store.h"

namespace steelie::ledger {

/// A store that lives as long as the process: for tests, and for deployments that must not write anything. Thread-safe.
///
/// Faults can be injected and contents changed behind the ledger's back, which is what a hostile disk does.
class MemoryStore final : public Store {
 public:
  struct Contents {
    std::optional<Bytes> header;
    std::map<std::uint64_t, Bytes> entries;
    std::map<std::uint64_t, Bytes> snapshots;
  };

  Result<std::optional<Bytes>> ReadHeader() override;
  Result<std::uint64_t> LastSequence() override;
  Result<std::optional<StoredSnapshot>> NewestSnapshot() override;
  Status ReadEntries(std::uint64_t from, const std::function<Status(const StoredEntry&)>& visit) override;
  Status Write(std::uint64_t expected_last, const WriteBatch& batch) override;

  /// Lets the n-th write from now (1 = the next) fail with `error`. `applied` says whether its changes are there
  /// nevertheless. After kDataLoss every later write fails too, until Reopen.
  void FailWrite(int n, Error error, bool applied = false);
  /// As if the process had ended and started again: faults are forgotten, contents stay.
  void Reopen();
  /// Forgets the last `count` entries, as a host that shows an older state does.
  void LoseSuffix(std::size_t count);

  Contents contents() const;
  void set_contents(Contents contents);

 private:
  struct Fault {
    int after;
    Error error;
    bool applied;
  };

  std::uint64_t Last() const STEELIE_REQUIRES(mutex_);
  void Apply(const WriteBatch& batch) STEELIE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Contents contents_ STEELIE_GUARDED_BY(mutex_);
  std::optional<Fault> fault_ STEELIE_GUARDED_BY(mutex_);
  std::optional<Error> broken_ STEELIE_GUARDED_BY(mutex_);
};

}  // namespace steelie::ledger
