#include "client/drill_proof.h"

#include <nlohmann/json.hpp>

#include "client/json.h"

namespace steelie::client {

std::string DrillProofText(const DrillProof& proof) {
  return DumpJson({{"challenge", Base64Encode(proof.challenge)},
                   {"possessionKey", Base64Encode(proof.key)},
                   {"possessionSignature", Base64Encode(proof.by_secret)},
                   {"recoveryKeySignature", Base64Encode(proof.by_holder)}});
}

Result<DrillProof> ParseDrillProof(std::string_view text) {
  STEELIE_TRY(const nlohmann::json body, ParseJson(text));
  DrillProof out;
  STEELIE_TRY(out.challenge, BytesMember(body, "challenge"));
  STEELIE_TRY(out.key, BytesMember(body, "possessionKey"));
  STEELIE_TRY(out.by_secret, BytesMember(body, "possessionSignature"));
  STEELIE_TRY(out.by_holder, BytesMember(body, "recoveryKeySignature"));
  return out;
}

}  // namespace steelie::client
