#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"

// Secrets of users, and the counters of marbles.
namespace steelie::api::rest {
namespace {

using nlohmann::json;

// JSON text holds copies of secrets that cannot be wiped; docs/threat-model.md says so.
json ToJson(const control::SecretView& secret) {
  const auto half = [](const control::SecretHalf& value) {
    return value.Reveal([](ByteView b) { return Base64OrNull(b); });
  };
  return {{"Type", secret.type},
          {"Size", secret.size},
          {"Shared", secret.shared},
          {"UserDefined", secret.user_defined},
          {"Cert", Base64OrNull(secret.value->certificate)},
          {"ValidFor", secret.valid_for},
          {"Private", half(secret.value->private_half)},
          {"Public", half(secret.value->public_half)}};
}

Result<std::vector<std::string>> NamesOf(const Request& request) {
  std::vector<std::string> names;
  const std::size_t query = request.target.find('?');
  if (query != std::string::npos) {
    for (const QueryParameter& parameter : ParseQuery(std::string_view(request.target).substr(query + 1))) {
      if (parameter.name != "s") continue;
      if (parameter.value.empty()) {
        return Error(Code::kInvalidArgument, "request.query", "malformed query string: empty query parameter");
      }
      names.push_back(parameter.value);
    }
  }
  if (names.empty()) {
    return Error(Code::kInvalidArgument, "request.query",
                 "invalid query: endpoint requires at least one query parameter");
  }
  return names;
}

Result<json> ReadSecrets(control::Coordinator& coordinator, const Request& request) {
  STEELIE_CHECK_OK(coordinator.RequireUser(request.caller));
  STEELIE_TRY(const std::vector<std::string> names, NamesOf(request));
  STEELIE_TRY(const auto secrets, coordinator.ReadSecrets(request.caller, names));
  json out = json::object();
  for (const auto& [name, secret] : secrets) out[name] = ToJson(secret);
  return out;
}

Result<std::optional<SecretBuffer>> SecretMember(const json& object, std::string_view name) {
  STEELIE_TRY(std::optional<Bytes> bytes, BytesMember(object, name));
  if (!bytes) return std::optional<SecretBuffer>();
  SecretBuffer secret(bytes->begin(), bytes->end());
  Wipe(bytes->data(), bytes->size());
  return std::optional<SecretBuffer>(std::move(secret));
}

Result<control::SecretUpload> ParseUpload(const std::string& name, const json& value) {
  if (!value.is_object() && !value.is_null()) {
    return Error(Code::kInvalidArgument, "request.json", "secret `" + name.substr(0, 100) + "` must be an object");
  }
  control::SecretUpload upload;
  STEELIE_TRY(upload.key, SecretMember(value, "Key"));
  STEELIE_TRY(upload.private_key, SecretMember(value, "Private"));
  // A `Cert` that is not base64 counts as absent, as clients of the reference rely on.
  if (const auto der = BytesMember(value, "Cert"); der && der->has_value()) {
    auto certificate = Certificate::FromDer(**der);
    if (!certificate) {
      return Error(Code::kInvalidArgument, "request.json",
                   "secret `" + name.substr(0, 100) + "`: `Cert` is not a DER certificate");
    }
    upload.certificate = std::move(*certificate);
  }
  return upload;
}

Status WriteSecrets(control::Coordinator& coordinator, const Request& request, const json* secrets) {
  control::NameMap<control::SecretUpload> uploads;
  if (secrets != nullptr && !secrets->is_null()) {
    if (!secrets->is_object()) {
      return Error(Code::kInvalidArgument, "request.json", "the secrets must be a JSON object by name");
    }
    for (const auto& [name, value] : secrets->items()) {
      STEELIE_TRY(control::SecretUpload upload, ParseUpload(name, value));
      uploads.emplace(name, std::move(upload));
    }
  }
  return coordinator.WriteSecrets(request.caller, std::move(uploads));
}

}  // namespace

Response GetSecretsV1(control::Coordinator& coordinator, const Request& request) {
  const auto secrets = ReadSecrets(coordinator, request);
  return secrets ? Success(*secrets) : ErrorV1(secrets.error(), 400);
}

Response GetSecretsV2(control::Coordinator& coordinator, const Request& request) {
  const auto secrets = ReadSecrets(coordinator, request);
  return secrets ? Success({{"secrets", *secrets}}) : ErrorV2(secrets.error());
}

Response SetSecretsV1(control::Coordinator& coordinator, const Request& request) {
  if (const Status user = coordinator.RequireUser(request.caller); !user) return ErrorV1(user.error(), 400);
  const auto body = ParseFirstValue(request.body);
  if (!body) return ErrorV1(body.error(), 400);
  const Status written = WriteSecrets(coordinator, request, &*body);
  return written ? Success(nullptr) : ErrorV1(written.error(), 400);
}

Response SetSecretsV2(control::Coordinator& coordinator, const Request& request) {
  if (const Status user = coordinator.RequireUser(request.caller); !user) return ErrorV2(user.error());
  const auto body = ParseFirstValue(request.body);
  if (!body) return ErrorV2(body.error());
  const Status written = WriteSecrets(coordinator, request, FindMember(*body, "secrets"));
  return written ? Success(nullptr) : ErrorV2(written.error());
}

Response SetCounterV2(control::Coordinator& coordinator, const Request& request) {
  if (const Status gate = coordinator.RequireFeature(manifest::FeatureGate::kMonotonicCounter); !gate) {
    return ErrorV2(gate.error());
  }
  if (const Status marble = coordinator.RequireMarble(request.caller); !marble) return ErrorV2(marble.error());
  const auto body = ParseFirstValue(request.body);
  if (!body) return ErrorV2(body.error());
  const auto name = StringMember(*body, "name");
  if (!name) return ErrorV2(name.error());
  const auto value = UnsignedMember(*body, "value");
  if (!value) return ErrorV2(value.error());
  const auto before = coordinator.SetCounter(request.caller, *name, *value);
  return before ? Success({{"value", *before}}) : ErrorV2(before.error());
}

}  // namespace steelie::api::rest
