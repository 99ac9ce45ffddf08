#include <nlohmann/json.hpp>

#include "api/rest/envelope.h"
#include "api/rest/handlers.h"
#include "api/rest/json_body.h"
#include "control/plan_json.h"

// Updates and their log.
namespace steelie::api::rest {
namespace {

using nlohmann::json;

constexpr const char* kApplied = "All users have acknowledged the update manifest. Update successfully applied";
constexpr const char* kCancelled = "Update successfully cancelled";

std::string StillNeeded(std::uint64_t missing) {
  if (missing == 1) return "1 user still needs to acknowledge the update manifest";
  return std::to_string(missing) + " users still need to acknowledge the update manifest";
}

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

json NamesOrNull(const std::optional<std::vector<std::string>>& names) { return names ? json(*names) : json(); }

// In v2 the manifest is base64 inside a JSON object. Users are checked first: strangers learn nothing about their body.
Result<Bytes> ManifestOf(control::Coordinator& coordinator, const Request& request) {
  STEELIE_CHECK_OK(coordinator.RequireUser(request.caller));
  STEELIE_TRY(const json body, ParseFirstValue(request.body));
  STEELIE_TRY(std::optional<Bytes> manifest, BytesMember(body, "manifest"));
  if (!manifest) {
    return Error(Code::kInvalidArgument, "request.json", "`manifest` is missing: the document's bytes in base64");
  }
  return std::move(*manifest);
}

void AddRecoverySecrets(json& data, const control::UpdateResult& result) {
  if (!result.recovery_secrets) return;
  json secrets = json::object();
  for (const auto& [name, secret] : *result.recovery_secrets) secrets[name] = Base64Encode(secret);
  data["recoverySecrets"] = std::move(secrets);
}

int StatusV1(const Error& error) { return error.code() == Code::kNotFound ? 404 : 500; }

}  // namespace

Response GetUpdateLogV1(control::Coordinator& coordinator, const Request&) {
  const auto log = coordinator.GetUpdateLog();
  if (!log) return ErrorV1(log.error(), 500);
  std::string text;
  for (const std::string& line : *log) text += line + "\n";
  return Success(text);
}

Response GetUpdateLogV2(control::Coordinator& coordinator, const Request&) {
  const auto log = coordinator.GetUpdateLog();
  if (!log) return ErrorV2(log.error());
  return Success({{"updateLog", *log}});
}

Response SubmitUpdateV1(control::Coordinator& coordinator, const Request& request) {
  const auto result = coordinator.SubmitUpdate(request.caller, ToBytes(request.body));
  return result ? Success(nullptr) : ErrorV1(result.error(), 400);
}

Response SubmitUpdateV2(control::Coordinator& coordinator, const Request& request) {
  auto manifest = ManifestOf(coordinator, request);
  if (!manifest) return ErrorV2(manifest.error());
  const auto result = coordinator.SubmitUpdate(request.caller, std::move(*manifest));
  if (!result) return ErrorV2(result.error());
  json data = {{"missingAcknowledgments", result->missing_acknowledgments},
               {"missingUsers", NamesOrNull(result->missing_users)}};
  AddRecoverySecrets(data, *result);
  return Success(data);
}

Response PlanUpdateV2(control::Coordinator& coordinator, const Request& request) {
  const auto manifest = ManifestOf(coordinator, request);
  if (!manifest) return ErrorV2(manifest.error());
  const auto plan = coordinator.PlanUpdate(request.caller, *manifest);
  return plan ? Success(control::PlanToJson(*plan)) : ErrorV2(plan.error());
}

Response GetPendingUpdate(control::Coordinator& coordinator, const Request&) {
  const auto pending = coordinator.GetPendingUpdate();
  if (!pending) return ErrorEnvelope(404, pending.error().message(), pending.error().reason());
  return Success({{"manifest", Base64Encode(pending->manifest)},
                  {"message", StillNeeded(pending->missing_acknowledgments)},
                  {"missingUsers", pending->missing_users}});
}

Response AcknowledgeUpdateV1(control::Coordinator& coordinator, const Request& request) {
  const auto result = coordinator.AcknowledgeUpdate(request.caller, ToBytes(request.body));
  if (!result) return ErrorV1(result.error(), StatusV1(result.error()));
  return Success(result->missing_acknowledgments == 0 ? kApplied : StillNeeded(result->missing_acknowledgments));
}

Response AcknowledgeUpdateV2(control::Coordinator& coordinator, const Request& request) {
  const auto manifest = ManifestOf(coordinator, request);
  if (!manifest) return ErrorV2(manifest.error());
  const auto result = coordinator.AcknowledgeUpdate(request.caller, *manifest);
  if (!result) return ErrorV2(result.error());
  std::string message = kApplied;
  if (result->missing_acknowledgments > 0) {
    message = StillNeeded(result->missing_acknowledgments) + ".\nThe following users have not yet accepted: " +
              Joined(result->missing_users.value_or(std::vector<std::string>()));
  }
  json data = {{"message", message},
               {"missingUsers", NamesOrNull(result->missing_users)},
               {"missingAcknowledgments", result->missing_acknowledgments}};
  AddRecoverySecrets(data, *result);
  return Success(data);
}

Response CancelUpdateV1(control::Coordinator& coordinator, const Request& request) {
  const Status result = coordinator.CancelUpdate(request.caller);
  return result ? Success(kCancelled) : ErrorV1(result.error(), StatusV1(result.error()));
}

Response CancelUpdateV2(control::Coordinator& coordinator, const Request& request) {
  const Status result = coordinator.CancelUpdate(request.caller);
  return result ? Success({{"message", kCancelled}}) : ErrorV2(result.error());
}

}  // namespace steelie::api::rest
