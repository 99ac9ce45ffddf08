#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "control/coordinator.h"
#include "control/vault.h"
#include "seal/recovery.h"

namespace steelie::control {

/// How far a recovery has come: the secrets collected so far, in memory and in the seal directory.
///
/// Not thread-safe. Hostile: the secrets, and what an earlier process seems to have left in the directory.
class RecoveryProgress {
 public:
  RecoveryProgress(Vault& vault, Logger& logger) : vault_(vault), logger_(logger) {}

  /// Learns who can recover the locked ledger and takes up what an earlier process collected, once; later forgets what
  /// has expired. What cannot be taken up is ignored and removed. Errors: those of the ledger's header.
  Status Prepare(Instant now);

  /// After Prepare.
  seal::RecoveryCollector& collector() { return *collector_; }

  /// Nothing before Prepare, or without recovery keys.
  std::optional<RecoveryView> View() const;

  /// Keeps what the collector has, durably. If that fails, it is in memory only, which is logged.
  void Keep(Instant now);

  /// Forgets everything, also in the directory.
  void Drop();

 private:
  void TakeUp(Instant now);
  void RemoveFile();

  Vault& vault_;
  Logger& logger_;
  std::optional<seal::RecoveryCollector> collector_;
  Instant first_{};
  Instant latest_{};
};

}  // namespace steelie::control
