#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"
#include "api/rest/openapi.h"

// Status, manifest, quotes.
namespace steelie::api::rest {
namespace {

using nlohmann::json;

json RecoverySecrets(const control::NameMap<Bytes>& secrets) {
  json out = json::object();
  for (const auto& [name, secret] : secrets) out[name] = Base64Encode(secret);
  return out;
}

std::string_view QueryOf(std::string_view target) {
  const std::size_t at = target.find('?');
  return at == std::string_view::npos ? std::string_view() : target.substr(at + 1);
}

}  // namespace

Response GetDescription(control::Coordinator&, const Request&) {
  Response response;
  response.body = OpenApiDocument();
  return response;
}

Response GetStatusV1(control::Coordinator& coordinator, const Request&) {
  const control::StatusView status = coordinator.GetStatus();
  return Success({{"StatusCode", static_cast<int>(status.phase)}, {"StatusMessage", status.message}});
}

Response GetStatusV2(control::Coordinator& coordinator, const Request&) {
  const control::StatusView status = coordinator.GetStatus();
  json out = {{"code", static_cast<int>(status.phase)},
              {"message", status.message},
              {"platform", status.platform},
              {"simulation", status.simulation},
              {"lenientManifest", status.lenient_manifest},
              {"version", status.version}};
  if (status.recovery) {
    out["recovery"] = {{"required", status.recovery->required},
                       {"collected", status.recovery->collected},
                       {"missing", status.recovery->missing}};
  }
  return Success(std::move(out));
}

Response GetManifestV1(control::Coordinator& coordinator, const Request&) {
  const auto view = coordinator.GetManifest();
  if (!view) {
    return Success({{"ManifestSignatureRootECDSA", nullptr}, {"ManifestSignature", ""}, {"Manifest", nullptr}});
  }
  return Success({{"ManifestSignatureRootECDSA", Base64Encode(view->signature)},
                  {"ManifestSignature", view->fingerprint},
                  {"Manifest", Base64Encode(view->manifest)}});
}

Response GetManifestV2(control::Coordinator& coordinator, const Request&) {
  const auto view = coordinator.GetManifest();
  if (!view) return ErrorV2(view.error());
  return Success({{"manifestSignatureRootECDSA", Base64Encode(view->signature)},
                  {"manifestFingerprint", view->fingerprint},
                  {"manifest", Base64Encode(view->manifest)}});
}

Response SetManifestV1(control::Coordinator& coordinator, const Request& request) {
  const auto result = coordinator.SetManifest(ToBytes(request.body));
  if (!result) return ErrorV1(result.error(), 400);
  if (result->recovery_secrets.empty()) return Success(nullptr);
  return Success({{"RecoverySecrets", RecoverySecrets(result->recovery_secrets)}});
}

Response SetManifestV2(control::Coordinator& coordinator, const Request& request) {
  const auto body = ParseFirstValue(request.body);
  if (!body) return ErrorV2(body.error());
  auto manifest = BytesMember(*body, "manifest");
  if (!manifest) return ErrorV2(manifest.error());
  const auto result = coordinator.SetManifest(std::move(*manifest).value_or(Bytes()));
  if (!result) return ErrorV2(result.error());
  return Success({{"RecoverySecrets", RecoverySecrets(result->recovery_secrets)}});
}

Response GetQuoteV1(control::Coordinator& coordinator, const Request&) {
  const auto quote = coordinator.GetQuote(std::nullopt);
  if (!quote) return ErrorV1(quote.error(), 500);
  return Success(
      {{"Cert", quote->certificate_chain}, {"Quote", quote->evidence ? json(Base64Encode(*quote->evidence)) : json()}});
}

Response GetQuoteV2(control::Coordinator& coordinator, const Request& request) {
  std::optional<Bytes> nonce;
  for (const QueryParameter& parameter : ParseQuery(QueryOf(request.target))) {
    if (parameter.name != "nonce") continue;
    auto decoded = Base64UrlDecode(parameter.value);
    if (!decoded) {
      return FailEnvelope(400, nullptr, "invalid query: bad nonce format: " + decoded.error().message(),
                          "request.nonce");
    }
    if (!decoded->empty()) nonce = std::move(*decoded);
    break;
  }
  const auto quote = coordinator.GetQuote(std::move(nonce));
  if (!quote) return ErrorV2(quote.error());
  return Success(
      {{"cert", quote->certificate_chain}, {"quote", quote->evidence ? json(Base64Encode(*quote->evidence)) : json()}});
}

Response SignQuoteV2(control::Coordinator& coordinator, const Request& request) {
  if (const Status gate = coordinator.RequireFeature(manifest::FeatureGate::kSignQuoteEndpoint); !gate) {
    return ErrorV2(gate.error());
  }
  const auto body = ParseFirstValue(request.body);
  const auto quote = body ? BytesMember(*body, "sgxQuote") : body.error();
  if (!quote) {
    return FailEnvelope(400, {{"sgxQuote", "failed to parse JSON data"}}, "bad request: " + quote.error().message(),
                        quote.error().reason());
  }
  // Nothing here verifies quotes of hardware yet, and nothing else is worth a signature.
  return FailEnvelope(400, {{"sgxQuote", "quote verification failed: this Coordinator cannot verify SGX quotes"}},
                      "quote verification failed", "attest.unsupported");
}

}  // namespace steelie::api::rest
