#pragma once

#include "api/rest/message.h"

namespace steelie::api::rest {

// One function per endpoint: parse, call the use case, map the outcome. No policy.

using Handler = Response (*)(control::Coordinator&, const Request&);

Response GetDescription(control::Coordinator& coordinator, const Request& request);
Response GetStatusV1(control::Coordinator& coordinator, const Request& request);
Response GetStatusV2(control::Coordinator& coordinator, const Request& request);
Response GetManifestV1(control::Coordinator& coordinator, const Request& request);
Response GetManifestV2(control::Coordinator& coordinator, const Request& request);
Response SetManifestV1(control::Coordinator& coordinator, const Request& request);
Response SetManifestV2(control::Coordinator& coordinator, const Request& request);
Response GetQuoteV1(control::Coordinator& coordinator, const Request& request);
Response GetQuoteV2(control::Coordinator& coordinator, const Request& request);
Response SignQuoteV2(control::Coordinator& coordinator, const Request& request);
Response GetUpdateLogV1(control::Coordinator& coordinator, const Request& request);
Response GetUpdateLogV2(control::Coordinator& coordinator, const Request& request);
Response SubmitUpdateV1(control::Coordinator& coordinator, const Request& request);
Response SubmitUpdateV2(control::Coordinator& coordinator, const Request& request);
Response PlanUpdateV2(control::Coordinator& coordinator, const Request& request);
Response GetPendingUpdate(control::Coordinator& coordinator, const Request& request);
Response AcknowledgeUpdateV1(control::Coordinator& coordinator, const Request& request);
Response AcknowledgeUpdateV2(control::Coordinator& coordinator, const Request& request);
Response CancelUpdateV1(control::Coordinator& coordinator, const Request& request);
Response CancelUpdateV2(control::Coordinator& coordinator, const Request& request);
Response GetSecretsV1(control::Coordinator& coordinator, const Request& request);
Response GetSecretsV2(control::Coordinator& coordinator, const Request& request);
Response SetSecretsV1(control::Coordinator& coordinator, const Request& request);
Response SetSecretsV2(control::Coordinator& coordinator, const Request& request);
Response SetCounterV2(control::Coordinator& coordinator, const Request& request);
Response GetTimeFloor(control::Coordinator& coordinator, const Request& request);
Response LowerTimeFloor(control::Coordinator& coordinator, const Request& request);
Response RecoverV2(control::Coordinator& coordinator, const Request& request);
Response GetRecoveryPublicKey(control::Coordinator& coordinator, const Request& request);
Response GetRecoveryDrill(control::Coordinator& coordinator, const Request& request);
Response ProveRecovery(control::Coordinator& coordinator, const Request& request);
Response RecoverV1(control::Coordinator& coordinator, const Request& request);

}  // namespace steelie::api::rest
