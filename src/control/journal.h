#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "control/state.h"
#include "ledger/ledger.h"

namespace steelie::control {

/// Carries decide, append, apply: the one place where the state changes.
///
/// Many threads hand in decisions; one writer thread runs them one after the other on the state that the previous ones
/// lead to, appends the events of a whole batch in one durable write, and publishes the new state only then. So every
/// decision sees all earlier ones, and a batch costs one sync.
///
/// Thread-safe.
class Journal {
 public:
  /// Pure: looks at the state, returns the events that shall happen, or why not. Runs on the writer thread; must be
  /// quick (no cryptography, network or disk). No events is fine: then nothing is written.
  using Decide = std::function<Result<std::vector<EventBody>>(const State&)>;
  /// Makes events durable in another way than by appending them: begins a ledger with them, or a key epoch whose
  /// snapshot is `next`. Returns the tail. Runs on the writer thread, with no other request in the same batch.
  using Persist = std::function<Result<ledger::Tail>(std::unique_ptr<ledger::Ledger>& ledger, const ledger::Tail& tail,
                                                     const State& next, std::span<const SecretBuffer> events)>;
  struct Adopted {
    State state;
    std::unique_ptr<ledger::Ledger> ledger;
  };
  using ViewPtr = std::shared_ptr<const State>;

  struct Options {
    /// A snapshot is written when this many entries have gathered since the last one.
    std::uint64_t snapshot_every = 20'000;
    /// How many entries stay behind a snapshot for later audit.
    std::uint64_t keep_entries = 1'000'000;
    /// An audit event is on disk at the latest this long after it happened.
    std::chrono::milliseconds audit_delay{500};
    /// Called when it is unknown what is on disk: the process must end, the next start reads what is there.
    std::function<void(const Error&)> on_fatal;
  };

  /// `ledger` may be null: then the first commit must bring a Persist that makes one.
  Journal(State initial, std::unique_ptr<ledger::Ledger> ledger, const Clock& clock, Logger& logger, Options options);
  /// Writes what is queued, then ends.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The state as of the last durable commit. Never waits for writers.
  ViewPtr View() const;

  /// The header of the ledger, at least as new as any view taken before the call; null without a ledger.
  std::shared_ptr<const ledger::Header> Header() const;

  /// Runs the decision and waits until its events are durable. Returns the state they led to, without what others did
  /// in the same batch after them, or the decision's refusal, or the failure of the write (nothing happened then).
  Result<ViewPtr> Commit(Decide decide, Persist persist = nullptr);

  /// Takes an event for the audit trail; never waits. Lost only if the process dies within `audit_delay`, or, with a
  /// warning, if the disk takes no more for long.
  void Record(EventBody event);

  /// Replaces everything by what `open` finds: a recovered ledger with the state it held. `open` runs on the writer
  /// thread and gets the present state.
  Result<ViewPtr> Adopt(std::function<Result<Adopted>(const State&)> open);

  /// Waits until everything recorded so far is durable or given up. For tests and shutdown.
  void Flush();

 private:
  struct Request {
    Decide decide;
    Persist persist;
    std::function<Result<Adopted>(const State&)> open;
    std::promise<Result<ViewPtr>> done;
  };
  struct Batch {
    std::vector<Request> requests;
    std::vector<Event> audit;
  };

  void Run();
  /// Nothing when everything is done and the journal ends.
  std::optional<Batch> TakeBatch();
  void Process(Batch batch);
  Result<ViewPtr> Enqueue(Request request);
  void ProcessAdoption(Request& request);
  Status Append(const ViewPtr& candidate, std::span<const SecretBuffer> events, const Persist& persist);
  void MaybeSnapshot();
  void KeepForLater(std::vector<Event> audit);

  const Clock& clock_;
  Logger& logger_;
  const Options options_;

  mutable Mutex view_mutex_;
  ViewPtr view_ STEELIE_GUARDED_BY(view_mutex_);
  std::shared_ptr<const ledger::Header> header_ STEELIE_GUARDED_BY(view_mutex_);

  Mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Request> requests_ STEELIE_GUARDED_BY(mutex_);
  std::vector<Event> audit_ STEELIE_GUARDED_BY(mutex_);
  /// The disk took none of them: they are tried again after a pause, not at once.
  bool audit_refused_ STEELIE_GUARDED_BY(mutex_) = false;
  bool stopping_ STEELIE_GUARDED_BY(mutex_) = false;
  bool busy_ STEELIE_GUARDED_BY(mutex_) = false;
  bool flush_ STEELIE_GUARDED_BY(mutex_) = false;
  std::uint64_t audit_lost_ STEELIE_GUARDED_BY(mutex_) = 0;

  // Writer thread only, or with the writer idle.
  std::unique_ptr<ledger::Ledger> ledger_;
  ledger::Tail tail_;

  std::thread writer_;
};

}  // namespace steelie::control
