#pragma once

#include "attest/claims.h"
#include "base/clock.h"
#include "base/result.h"

namespace steelie::attest {

/// Says what evidence proves. Whether it suffices is policy's business (policy/decide.h).
///
/// Thread safety: const methods may run concurrently. Hostile: every byte of the evidence.
class Verifier {
 public:
  virtual ~Verifier() = default;

  /// The claims signed for by a chain that ends at a pinned vendor root, with validity judged at `now`.
  /// Errors: kInvalidArgument the evidence does not parse; kUnauthenticated a signature, chain or date check failed;
  /// kUnavailable collateral could not be fetched.
  virtual Result<Claims> Verify(ByteView evidence, Instant now) const = 0;
};

}  // namespace steelie::attest
