#include "control/journal.h"

#include <algorithm>

#include "base/check.h"

namespace steelie::control {
namespace {

constexpr std::size_t kMaxBatch = 1024;
// Bounds the memory of audit events while the disk refuses.
constexpr std::size_t kMaxAudit = 200'000;

std::shared_ptr<const ledger::Header> HeaderOf(const std::unique_ptr<ledger::Ledger>& ledger) {
  return ledger == nullptr ? nullptr : std::make_shared<const ledger::Header>(ledger->header());
}

}  // namespace

Journal::Journal(State initial, std::unique_ptr<ledger::Ledger> ledger, const Clock& clock, Logger& logger,
                 Options options)
    : clock_(clock),
      logger_(logger),
      options_(std::move(options)),
      view_(std::make_shared<const State>(std::move(initial))),
      header_(HeaderOf(ledger)),
      ledger_(std::move(ledger)),
      tail_(ledger_ ? ledger_->tail() : ledger::Tail{}),
      writer_([this] { Run(); }) {}

Journal::~Journal() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  writer_.join();
}

Journal::ViewPtr Journal::View() const {
  MutexLock lock(view_mutex_);
  return view_;
}

std::shared_ptr<const ledger::Header> Journal::Header() const {
  MutexLock lock(view_mutex_);
  return header_;
}

Result<Journal::ViewPtr> Journal::Commit(Decide decide, Persist persist) {
  return Enqueue({std::move(decide), std::move(persist), nullptr, {}});
}

Result<Journal::ViewPtr> Journal::Adopt(std::function<Result<Adopted>(const State&)> open) {
  return Enqueue({nullptr, nullptr, std::move(open), {}});
}

Result<Journal::ViewPtr> Journal::Enqueue(Request request) {
  std::future<Result<ViewPtr>> done = request.done.get_future();
  {
    MutexLock lock(mutex_);
    if (stopping_) return Error(Code::kUnavailable, "journal.stopping", "the Coordinator is shutting down");
    requests_.push_back(std::move(request));
  }
  wake_.notify_one();
  return done.get();
}

void Journal::Record(EventBody event) {
  MutexLock lock(mutex_);
  if (audit_.size() >= kMaxAudit) {
    ++audit_lost_;
    return;
  }
  audit_.push_back({clock_.Now(), std::move(event)});
  if (audit_.size() == 1 || audit_.size() == kMaxBatch) wake_.notify_one();
}

void Journal::Flush() {
  MutexLock lock(mutex_);
  flush_ = true;
  wake_.notify_one();
  idle_.wait(lock.native(), [&] { return !busy_ && requests_.empty() && (audit_.empty() || !flush_); });
}

void Journal::Run() {
  while (true) {
    std::optional<Batch> batch = TakeBatch();
    if (!batch) return;
    Process(std::move(*batch));
    {
      MutexLock lock(mutex_);
      busy_ = false;
    }
    idle_.notify_all();
  }
}

// Waits for something to do. Audit events alone wait for company until they are `audit_delay` old.
std::optional<Journal::Batch> Journal::TakeBatch() {
  MutexLock lock(mutex_);
  const auto ready = [&] {
    return stopping_ || flush_ || !requests_.empty() || (audit_.size() >= kMaxBatch && !audit_refused_);
  };
  while (!ready()) {
    if (audit_.empty()) {
      wake_.wait(lock.native(), [&] { return ready() || !audit_.empty(); });
    } else {
      wake_.wait_for(lock.native(), options_.audit_delay, ready);
      audit_refused_ = false;
      break;
    }
  }
  Batch batch;
  while (!requests_.empty() && batch.requests.size() < kMaxBatch) {
    const bool alone = requests_.front().persist || requests_.front().open;
    if (alone && !batch.requests.empty()) break;
    batch.requests.push_back(std::move(requests_.front()));
    requests_.pop_front();
    if (!alone) continue;
    // Audit events wait for the next batch.
    busy_ = true;
    return batch;
  }
  batch.audit = std::exchange(audit_, {});
  flush_ = false;
  busy_ = true;
  if (stopping_ && batch.requests.empty() && batch.audit.empty()) {
    busy_ = false;
    return std::nullopt;
  }
  return batch;
}

void Journal::ProcessAdoption(Request& request) {
  auto adopted = request.open(*View());
  if (!adopted) {
    request.done.set_value(adopted.error());
    return;
  }
  ledger_ = std::move(adopted->ledger);
  tail_ = ledger_->tail();
  {
    MutexLock lock(view_mutex_);
    view_ = std::make_shared<const State>(std::move(adopted->state));
    header_ = HeaderOf(ledger_);
  }
  request.done.set_value(View());
}

void Journal::Process(Batch batch) {
  if (!batch.requests.empty() && batch.requests.front().open) {
    ProcessAdoption(batch.requests.front());
    return;
  }
  ViewPtr candidate = View();
  const Instant clock = clock_.Now();
  std::vector<SecretBuffer> encoded;
  std::vector<std::optional<Error>> refusals(batch.requests.size());
  // Each request learns of the state that it led to, without those of the batch that come after it.
  std::vector<ViewPtr> views(batch.requests.size());

  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    Result<std::vector<EventBody>> events = batch.requests[i].decide(*candidate);
    if (!events) {
      refusals[i] = events.error();
      continue;
    }
    views[i] = candidate;
    if (events->empty()) continue;
    auto next = std::make_shared<State>(*candidate);
    std::vector<SecretBuffer> mine;
    for (EventBody& body : *events) {
      // An event before this one may have lowered the floor.
      const Event event{std::max(clock, next->last_event), std::move(body)};
      if (const Status applied = Apply(*next, event); !applied) {
        refusals[i] = applied.error();
        break;
      }
      mine.push_back(EncodeEvent(event));
    }
    if (refusals[i]) continue;
    candidate = std::move(next);
    views[i] = candidate;
    std::ranges::move(mine, std::back_inserter(encoded));
  }
  const bool lowered = candidate->last_event < View()->last_event;
  // Audit events need a ledger; before there is one, nothing happens that is worth auditing.
  if (ledger_ != nullptr && !batch.audit.empty()) {
    auto next = std::make_shared<State>(*candidate);
    for (Event& event : batch.audit) {
      // Recorded by the clock of a moment ago, which must not raise a floor that was just lowered.
      if (lowered) event.time = clock;
      event.time = std::max(event.time, next->last_event);
      STEELIE_CHECK(Apply(*next, event).has_value());
      encoded.push_back(EncodeEvent(event));
    }
    candidate = std::move(next);
  }

  Status written = Ok();
  if (!encoded.empty()) {
    written = Append(candidate, encoded, batch.requests.empty() ? nullptr : batch.requests.front().persist);
  }
  if (!written) KeepForLater(std::move(batch.audit));
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    auto& done = batch.requests[i].done;
    if (refusals[i]) {
      done.set_value(*refusals[i]);
    } else if (!written) {
      // Also those without events: what they decided on may have been events of this batch.
      done.set_value(written.error());
    } else {
      done.set_value(views[i]);
    }
  }
  if (written) MaybeSnapshot();
}

Status Journal::Append(const ViewPtr& candidate, std::span<const SecretBuffer> events, const Persist& persist) {
  if (!persist && ledger_ == nullptr) {
    return Error(Code::kInternal, "journal.no_ledger", "there is no ledger to append to");
  }
  auto tail = persist ? persist(ledger_, tail_, *candidate, events) : ledger_->Append(tail_, events);
  if (!tail) {
    logger_.LogError("Writing to the ledger failed",
                     {{"reason", tail.error().reason()}, {"error", tail.error().message()}});
    // What is on disk is unknown or not ours: only a restart can tell.
    const bool unknown = tail.error().code() == Code::kDataLoss || tail.error().code() == Code::kAborted;
    if (unknown && options_.on_fatal) options_.on_fatal(tail.error());
    return tail.error();
  }
  tail_ = *tail;
  MutexLock lock(view_mutex_);
  // Nothing else changes it.
  if (persist) header_ = HeaderOf(ledger_);
  view_ = candidate;
  return Ok();
}

void Journal::KeepForLater(std::vector<Event> audit) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  const std::size_t room = kMaxAudit - std::min(kMaxAudit, audit_.size());
  if (audit.size() > room) {
    audit_lost_ += audit.size() - room;
    logger_.LogError("Audit events were lost: the ledger takes no more", {{"lost", audit_lost_}});
    audit.resize(room);
  }
  std::ranges::move(audit_, std::back_inserter(audit));
  audit_ = std::move(audit);
  audit_refused_ = true;
  // Only a timer or a new request tries again, not a flush: it would spin.
  flush_ = false;
}

void Journal::MaybeSnapshot() {
  if (ledger_ == nullptr || ledger_->entries_since_snapshot() < options_.snapshot_every) return;
  const SecretBuffer snapshot = EncodeState(*View());
  const std::uint64_t keep_from = tail_.sequence > options_.keep_entries ? tail_.sequence - options_.keep_entries : 0;
  if (const Status written = ledger_->WriteSnapshot(tail_, snapshot, keep_from); !written) {
    logger_.Warn("Writing a snapshot failed",
                 {{"reason", written.error().reason()}, {"error", written.error().message()}});
    if (written.error().code() == Code::kDataLoss && options_.on_fatal) options_.on_fatal(written.error());
  }
}

}  // namespace steelie::control
