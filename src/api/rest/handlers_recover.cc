#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"

namespace steelie::api::rest {
namespace {

// Longer documents are cut, as clients of the reference may have seen; they do not parse then.
constexpr std::size_t kMaxRecoverBody = 20480;

}  // namespace

Response RecoverV2(control::Coordinator& coordinator, const Request& request) {
  const auto body = ParseFirstValue(std::string_view(request.body).substr(0, kMaxRecoverBody));
  if (!body) return ErrorV2(body.error());
  auto secret = BytesMember(*body, "recoverySecret");
  if (!secret) return ErrorV2(secret.error());
  const auto signature = BytesMember(*body, "recoverySecretSignature");
  if (!signature) return ErrorV2(signature.error());
  Bytes plain = std::move(*secret).value_or(Bytes());
  const auto remaining = coordinator.Recover(plain, signature->value_or(Bytes()));
  Wipe(plain.data(), plain.size());
  if (!remaining) return ErrorV2(remaining.error());
  std::string message = "Recovery successful.";
  if (*remaining > 0) {
    message =
        "Secret was processed successfully. Upload the next secret. Remaining secrets: " + std::to_string(*remaining);
  }
  return Success({{"remaining", *remaining}, {"message", message}});
}

Response GetRecoveryPublicKey(control::Coordinator& coordinator, const Request&) {
  const auto key = coordinator.RecoveryPublicKey();
  if (!key) return ErrorV2(key.error());
  return Success({{"algorithm", "RSA"}, {"ephemeralPublicKey", Base64Encode(*key)}});
}

Response RecoverV1(control::Coordinator&, const Request&) {
  return ErrorEnvelope(410,
                       "Recovering the Coordinator using the /recover API endpoint has been disabled. Use the "
                       "/api/v2/recover endpoint instead.",
                       "recover.v1_gone");
}

}  // namespace steelie::api::rest
