#pragma once

#include <vector>

#include "attest/artefact.h"
#include "attest/check.h"
#include "attest/claims.h"
#include "base/clock.h"
#include "base/result.h"

namespace steelie::attest {

/// Says what evidence proves. Whether it suffices is policy's business (policy/decide.h).
///
/// Pure but for what it was built over: no clock, no network, never waits. Collateral that it lacks is an error, and
/// Needs says beforehand which it will ask for, so that callers can fetch outside (collateral/engine.h).
///
/// Thread safety: const methods may run concurrently. Hostile: every byte of the evidence.
class Verifier {
 public:
  virtual ~Verifier() = default;

  /// The claims signed for by a chain that ends at a pinned vendor root, with validity judged at `now`. Each rule that
  /// was looked at is appended to `trace`; it ends with the one that failed, whose rule is the error's reason.
  /// Errors: kInvalidArgument the evidence does not parse; kUnauthenticated a signature, chain or date check failed;
  /// kFailedPrecondition collateral has expired: fetch again, then retry; kUnavailable `collateral.missing`.
  virtual Result<Claims> Verify(ByteView evidence, Instant now, Trace& trace) const = 0;
  Result<Claims> Verify(ByteView evidence, Instant now) const {
    Trace trace;
    return Verify(evidence, now, trace);
  }

  /// What Verify will look up for this evidence: only shape, nothing is verified. Empty for bytes that do not parse.
  virtual std::vector<Artefact> Needs(ByteView evidence) const {
    static_cast<void>(evidence);
    return {};
  }
};

}  // namespace steelie::attest
