#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::client {

/// A holder's proof for a recovery drill, as the Coordinator takes it (docs/rest-api.md). Public: it helps nobody but
/// the drill that it is for.
struct DrillProof {
  Bytes challenge;
  Bytes key;        // public key that belongs to the recovery secret
  Bytes by_secret;  // signatures
  Bytes by_holder;
};

/// The body of the request, also how a proof is carried from a machine without a network.
std::string DrillProofText(const DrillProof& proof);
/// Errors: kInvalidArgument `client.json`.
Result<DrillProof> ParseDrillProof(std::string_view text);

}  // namespace steelie::client
