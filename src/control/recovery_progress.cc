#include "control/recovery_progress.h"

#include <algorithm>

namespace steelie::control {

Status RecoveryProgress::Prepare(Instant now) {
  if (!collector_) {
    STEELIE_TRY(const ledger::Header header, vault_.LockedHeader());
    STEELIE_TRY(seal::RecoveryScheme scheme, seal::DecodeRecoveryScheme(header.recovery));
    collector_.emplace(std::move(scheme));
    TakeUp(now);
    return Ok();
  }
  if (collector_->taken().empty()) return Ok();
  // A clock that was set back does not make them younger.
  latest_ = std::max(latest_, now);
  if (latest_ - first_ < seal::kCollectedLifetime) return Ok();
  logger_.Warn("Recover: the recovery secrets collected so far have expired", {{"first", FormatMillis(first_)}});
  collector_->Reset();
  RemoveFile();
  return Ok();
}

void RecoveryProgress::TakeUp(Instant now) {
  auto collected = vault_.ReadCollected(now);
  if (!collected) {
    logger_.Warn("Recover: recovery secrets that were collected before do not count",
                 {{"reason", collected.error().reason()}, {"error", collected.error().message()}});
    // What may be readable later stays.
    if (collected.error().code() != Code::kUnavailable) RemoveFile();
    return;
  }
  if (!*collected) return;
  for (const SecretBuffer& secret : (*collected)->secrets) {
    // Never the last one: with it the recovery would be complete, which only a request may bring about.
    if (collector_->missing() <= 1) break;
    if (const auto holder = collector_->Add(secret); !holder) {
      logger_.Warn("Recover: a recovery secret that was collected before does not count",
                   {{"reason", holder.error().reason()}});
    }
  }
  first_ = (*collected)->first;
  latest_ = std::max((*collected)->latest, now);
  logger_.Info("Recover: recovery secrets that were collected before the restart count",
               {{"collected", std::uint64_t{collector_->taken().size()}},
                {"remaining", std::uint64_t{collector_->remaining()}}});
}

std::optional<RecoveryView> RecoveryProgress::View() const {
  if (!collector_ || collector_->scheme().holders.empty()) return std::nullopt;
  RecoveryView view{collector_->scheme().required, collector_->taken(), {}};
  for (const seal::RecoveryHolder& holder : collector_->scheme().holders) {
    const bool came = std::ranges::find(view.collected, holder.name) != view.collected.end();
    if (!came) view.missing.push_back(holder.name);
  }
  return view;
}

void RecoveryProgress::Keep(Instant now) {
  // What the clock showed before the first one counts for nothing: it may have been wrong.
  if (collector_->taken().size() == 1) first_ = latest_ = now;
  latest_ = std::max(latest_, now);
  if (const Status kept = vault_.WriteCollected({collector_->secrets(), first_, latest_}); !kept) {
    logger_.Warn("Recover: the collected recovery secrets do not survive a restart",
                 {{"reason", kept.error().reason()}, {"error", kept.error().message()}});
  }
}

void RecoveryProgress::Drop() {
  collector_.reset();
  RemoveFile();
}

void RecoveryProgress::RemoveFile() {
  if (const Status removed = vault_.DropCollected(); !removed) {
    logger_.Warn("Recover: the file of collected recovery secrets could not be removed",
                 {{"error", removed.error().message()}});
  }
}

}  // namespace steelie::control
