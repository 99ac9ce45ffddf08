#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/claims.h"
#include "base/clock.h"
#include "client/coordinator_client.h"
#include "crypto/x509.h"

namespace steelie::client {

/// Properties that evidence must have. Zero and absent mean: not checked.
struct ExpectedProgram {
  std::optional<Bytes> measurement;  // UniqueID, or Measurement of simulated evidence
  std::optional<Bytes> signer;
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;  // minimum
  bool debug = false;                  // whether debug mode is allowed
};

/// What a genuine Coordinator is: the properties file (`--era-config`).
struct CoordinatorDescription {
  ExpectedProgram sgx;
  std::optional<ExpectedProgram> sim;  // section `Sim`
  bool insecure_skip_verify = false;
  std::vector<std::string> warnings;  // of members that mean nothing

  /// Reads the JSON file: `UniqueID`, `SignerID`, `ProductID`, `SecurityVersion`, `Debug`, `InsecureSkipVerify` and
  /// `Sim` with `Measurement`, `SignerID`, `ProductID`, `SecurityVersion`, `Debug`. Unknown members only warn, as the
  /// reference ignores them; in `Sim`, which it does not know, they are refused. Errors: kInvalidArgument
  /// `client.description`.
  static Result<CoordinatorDescription> Parse(std::string_view json);
};

struct VerifyOptions {
  /// No verification at all: whoever answers is trusted.
  bool insecure = false;
  CoordinatorDescription expected;
  Bytes nonce;
  /// Vendor root of the simulated platform, without which simulated evidence is not trusted.
  std::optional<Certificate> sim_vendor_root;
  Instant now{};
};

struct VerifiedCoordinator {
  Certificate intermediate;
  Certificate root;
  /// Evidence as sent.
  Bytes quote;
  /// What the evidence says, if it was verified; absent only if that was not asked for.
  std::optional<attest::Claims> claims;
  /// Sentences for the user.
  std::vector<std::string> warnings;
};

/// Judges what a Coordinator answered to a request for its quote. Afterwards its root certificate is the trust anchor
/// for every further request. Pure. Hostile: all of the answer.
///
/// Errors: kUnauthenticated `client.verify.certificates` (the chain), `client.verify.no_evidence`,
/// `client.verify.no_vendor` (simulated, but no vendor root is trusted), `client.verify.binding` (report data),
/// `client.verify.mismatch` (a property), kInvalidArgument `client.verify.description` (it says too little),
/// kUnimplemented `client.verify.unsupported` (evidence that this build cannot verify), and what the verifier of the
/// evidence says.
Result<VerifiedCoordinator> VerifyCoordinator(const QuoteAnswer& answer, const VerifyOptions& options);

}  // namespace steelie::client
