#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"

// Recovery drills.
namespace steelie::api::rest {
namespace {

std::int64_t Seconds(Instant t) { return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count(); }

struct Proof {
  Bytes challenge;
  seal::PossessionProof proof;
};

Result<Proof> ProofOf(const Request& request) {
  STEELIE_TRY(const nlohmann::json body, ParseFirstValue(request.body));
  Proof out;
  STEELIE_TRY(auto challenge, BytesMember(body, "challenge"));
  STEELIE_TRY(auto key, BytesMember(body, "possessionKey"));
  STEELIE_TRY(auto by_secret, BytesMember(body, "possessionSignature"));
  STEELIE_TRY(auto by_holder, BytesMember(body, "recoveryKeySignature"));
  if (!key || key->size() != out.proof.key.size()) {
    return Error(Code::kInvalidArgument, "request.json",
                 "`possessionKey` must have " + std::to_string(out.proof.key.size()) + " bytes");
  }
  std::ranges::copy(*key, out.proof.key.begin());
  out.challenge = std::move(challenge).value_or(Bytes());
  out.proof.by_secret = std::move(by_secret).value_or(Bytes());
  out.proof.by_holder = std::move(by_holder).value_or(Bytes());
  return out;
}

}  // namespace

Response GetRecoveryDrill(control::Coordinator& coordinator, const Request&) {
  const auto drill = coordinator.GetRecoveryDrill();
  if (!drill) return ErrorV2(drill.error());
  return Success({{"challenge", Base64Encode(drill->challenge)},
                  {"challengeGoodUntil", Seconds(drill->good_until)},
                  {"holders", drill->holders},
                  {"required", drill->required},
                  {"proven", drill->proven},
                  {"quorum", drill->quorum()},
                  {"windowSeconds", std::chrono::seconds(control::kDrillWindow).count()}});
}

Response ProveRecovery(control::Coordinator& coordinator, const Request& request) {
  const auto proof = ProofOf(request);
  if (!proof) return ErrorV2(proof.error());
  const auto result = coordinator.ProveRecovery(proof->challenge, proof->proof);
  if (!result) return ErrorV2(result.error());
  return Success({{"holder", result->holder},
                  {"proven", result->proven},
                  {"missing", result->missing},
                  {"required", result->required},
                  {"quorum", result->quorum()}});
}

}  // namespace steelie::api::rest
