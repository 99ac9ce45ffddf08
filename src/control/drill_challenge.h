#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "seal/possession.h"

namespace steelie::control {

/// The challenge that holders answer in a recovery drill: the same for everybody, replaced every hour, good for at
/// least one hour after it was given out. Memory does not depend on how often it is asked for.
///
/// Not thread-safe. Hostile: the challenges that come back.
class DrillChallenge {
 public:
  using Value = std::array<std::uint8_t, seal::kDrillChallengeSize>;
  static constexpr std::chrono::hours kReplacedAfter{1};
  static constexpr std::chrono::hours kGoodFor{2};

  struct Issued {
    Value value{};
    Instant made{};
  };

  Issued Current(Instant now, Random& random) {
    // One that is younger than now was made while the clock ran ahead.
    if (!current_ || now - current_->made >= kReplacedAfter || current_->made > now) {
      previous_ = current_;
      current_ = Issued{random.Take<seal::kDrillChallengeSize>(), now};
    }
    return *current_;
  }

  /// When it was made, if it is good still.
  std::optional<Instant> MadeAt(ByteView challenge, Instant now) const {
    for (const auto& issued : {current_, previous_}) {
      if (!issued || !PublicEqual(issued->value, challenge)) continue;
      if (issued->made <= now && now - issued->made < kGoodFor) return issued->made;
    }
    return std::nullopt;
  }

 private:
  std::optional<Issued> current_;
  std::optional<Issued> previous_;
};

}  // namespace steelie::control
