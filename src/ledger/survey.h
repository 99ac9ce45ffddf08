#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/ledger.h"

namespace steelie::ledger {

/// What can be said about a stored ledger without its key.
struct Survey {
  std::optional<Header> header;
  std::uint64_t entries = 0;         // stored ones
  std::uint64_t first_sequence = 0;  // of them; 0 if there are none
  std::uint64_t last_sequence = 0;   // of the ledger, also if only a snapshot is left of it
  std::uint64_t snapshot = 0;        // what the newest snapshot covers; 0 if there is none

  /// The first thing that is wrong, and where: `header`, `snapshot 7`, `entry 12`. Facts after it are incomplete.
  struct Damage {
    Error error;
    std::string place;
  };
  std::optional<Damage> damage;
};

/// Looks at every record: kind, identifier, epoch, sequence without gaps, and the hash of the one before it. Whoever
/// could forge these could not forge contents: that is found out only with the key.
///
/// Damage is part of the answer. Hostile: everything that comes from the store.
Survey SurveyLedger(Store& store);

}  // namespace steelie::ledger
