#include "client/coordinator_client.h"

#include <nlohmann/json.hpp>

#include "client/jsend.h"
#include "client/json.h"

namespace steelie::client {
namespace {

using nlohmann::json;

SecretBuffer ToBuffer(std::string_view text) {
  const ByteView bytes = AsBytes(text);
  return SecretBuffer(bytes.begin(), bytes.end());
}

HttpRequest Get(std::string target) { return {HttpMethod::kGet, std::move(target), "", {}}; }

HttpRequest Post(std::string target, const json& body) {
  return {HttpMethod::kPost, std::move(target), "application/json", ToBuffer(DumpJson(body))};
}

HttpRequest PostBytes(std::string target, ByteView body) {
  return {HttpMethod::kPost, std::move(target), "application/json", SecretBuffer(body.begin(), body.end())};
}

struct Answer {
  json data;
  bool v1 = false;
};

/// Version 2 first; version 1 if the Coordinator does not know the path.
Result<Answer> CallEither(HttpTransport& transport, const HttpRequest& v2, const HttpRequest& v1) {
  bool not_supported = false;
  Result<json> data = Call(transport, v2, &not_supported);
  if (data) return Answer{std::move(*data), false};
  if (!not_supported) return data.error();
  STEELIE_TRY(json old_data, Call(transport, v1));
  return Answer{std::move(old_data), true};
}

/// Marks errors about the shape of an answer.
template <typename T>
Result<T> Decoded(Result<T> value, const std::string& what) {
  if (value) return value;
  return Error(Code::kUnavailable, "client.answer", "unexpected answer to " + what + ": " + value.error().message());
}

Result<std::optional<bool>> OptionalBool(const json& object, std::string_view name) {
  const json* member = FindMember(object, name);
  if (member == nullptr || member->is_null()) return std::optional<bool>();
  STEELIE_TRY(const bool value, BoolMember(object, name));
  return std::optional<bool>(value);
}

json ManifestBody(ByteView manifest) { return json{{"manifest", Base64Encode(manifest)}}; }

Result<UpdateAnswer> DecodeUpdate(const json& data) {
  UpdateAnswer out;
  STEELIE_TRY(out.missing, NumberMember(data, "missingAcknowledgments"));
  STEELIE_TRY(out.missing_users, TextListMember(data, "missingUsers"));
  STEELIE_TRY(out.recovery_secrets, TextMapMember(data, "recoverySecrets"));
  return out;
}

// Version 1 answers an acknowledgment with a sentence; its first word is the number that is missing, or `All`.
Result<UpdateAnswer> DecodeSentence(const json& data) {
  UpdateAnswer out;
  const std::string text = data.is_string() ? data.get<std::string>() : std::string();
  if (text.starts_with("All ")) return out;
  std::size_t at = 0;
  for (; at < text.size() && at < 9 && text[at] >= '0' && text[at] <= '9'; ++at) {
    out.missing = out.missing * 10 + static_cast<unsigned>(text[at] - '0');
  }
  if (at == 0 || at == text.size() || text[at] != ' ') {
    return Error(Code::kInvalidArgument, "client.json", "no number of missing acknowledgments");
  }
  return out;
}

Result<SecretEntry> DecodeSecret(const json& value) {
  SecretEntry out;
  STEELIE_TRY(out.type, TextMember(value, "Type"));
  STEELIE_TRY(out.size, NumberMember(value, "Size"));
  STEELIE_TRY(out.shared, BoolMember(value, "Shared"));
  STEELIE_TRY(out.user_defined, BoolMember(value, "UserDefined"));
  STEELIE_TRY(out.valid_for, NumberMember(value, "ValidFor"));
  STEELIE_TRY(const std::optional<SecretBuffer> certificate, SecretMember(value, "Cert"));
  if (certificate) out.certificate = Bytes(certificate->begin(), certificate->end());
  STEELIE_TRY(out.private_value, SecretMember(value, "Private"));
  STEELIE_TRY(out.public_value, SecretMember(value, "Public"));
  return out;
}

Result<SecretEntries> DecodeSecrets(const json& map) {
  if (!map.is_object()) return Error(Code::kInvalidArgument, "client.json", "the secrets are not a JSON object");
  SecretEntries out;
  for (auto it = map.begin(); it != map.end(); ++it) {
    STEELIE_TRY(SecretEntry entry, DecodeSecret(*it).WithContext(it.key()));
    out.emplace(it.key(), std::move(entry));
  }
  return out;
}

Result<TimeFloor> DecodeTimeFloor(const json& data) {
  TimeFloor out;
  STEELIE_TRY(out.floor, NumberMember(data, "floor"));
  STEELIE_TRY(out.lowest, NumberMember(data, "lowest"));
  STEELIE_TRY(out.clock, NumberMember(data, "clock"));
  return out;
}

// RFC 3986 section 2.1: everything but unreserved characters.
std::string QueryEscape(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

template <typename Container>
json OptionalBase64(const std::optional<Container>& value) {
  return value ? json(Base64Encode(*value)) : json();
}

json EncodeSecrets(const UserSecrets& secrets) {
  json out = json::object();
  for (const auto& [name, secret] : secrets) {
    json entry = json::object();
    if (secret.key) entry["Key"] = OptionalBase64(secret.key);
    if (secret.certificate) entry["Cert"] = OptionalBase64(secret.certificate);
    if (secret.private_key) entry["Private"] = OptionalBase64(secret.private_key);
    out[name] = std::move(entry);
  }
  return out;
}

}  // namespace

Result<CoordinatorStatus> CoordinatorClient::GetStatus() {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Get("/api/v2/status"), Get("/status")));
  CoordinatorStatus out;
  STEELIE_TRY(out.code, Decoded(NumberMember(answer.data, answer.v1 ? "StatusCode" : "code"), "status"));
  STEELIE_TRY(out.message, Decoded(TextMember(answer.data, answer.v1 ? "StatusMessage" : "message"), "status"));
  STEELIE_TRY(out.simulation, Decoded(OptionalBool(answer.data, "simulation"), "status"));
  STEELIE_TRY(out.lenient_manifest, Decoded(OptionalBool(answer.data, "lenientManifest"), "status"));
  STEELIE_TRY(out.platform, Decoded(TextMember(answer.data, "platform"), "status"));
  STEELIE_TRY(out.version, Decoded(TextMember(answer.data, "version"), "status"));
  if (const json* recovery = FindMember(answer.data, "recovery"); recovery != nullptr && recovery->is_object()) {
    out.recovery.emplace();
    STEELIE_TRY(out.recovery->required, Decoded(NumberMember(*recovery, "required"), "status"));
    STEELIE_TRY(out.recovery->collected, Decoded(TextListMember(*recovery, "collected"), "status"));
    STEELIE_TRY(out.recovery->missing, Decoded(TextListMember(*recovery, "missing"), "status"));
  }
  return out;
}

Result<QuoteAnswer> CoordinatorClient::GetQuote(ByteView nonce) {
  const std::string query = nonce.empty() ? "" : "?nonce=" + QueryEscape(Base64UrlEncode(nonce));
  bool not_supported = false;
  Result<json> data = Call(transport_, Get("/api/v2/quote" + query), &not_supported);
  if (!data && not_supported && !nonce.empty()) {
    return Error(Code::kUnimplemented, "client.old_coordinator",
                 "using custom nonce requires /api/v2, but the Coordinator does not support /api/v2");
  }
  if (!data && not_supported) data = Call(transport_, Get("/quote"));
  if (!data) return data.error();
  QuoteAnswer out;
  STEELIE_TRY(out.certificates, Decoded(TextMember(*data, "cert"), "quote"));
  STEELIE_TRY(out.quote, Decoded(BytesMember(*data, "quote"), "quote"));
  return out;
}

Result<ManifestAnswer> CoordinatorClient::GetManifest() {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Get("/api/v2/manifest"), Get("/manifest")));
  ManifestAnswer out;
  const char* const fingerprint = answer.v1 ? "ManifestSignature" : "manifestFingerprint";
  STEELIE_TRY(out.manifest, Decoded(BytesMember(answer.data, "manifest"), "manifest"));
  STEELIE_TRY(out.fingerprint, Decoded(TextMember(answer.data, fingerprint), "manifest"));
  STEELIE_TRY(out.signature, Decoded(BytesMember(answer.data, "manifestSignatureRootECDSA"), "manifest"));
  return out;
}

Result<RecoverySecrets> CoordinatorClient::SetManifest(ByteView manifest) {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Post("/api/v2/manifest", ManifestBody(manifest)),
                                              PostBytes("/manifest", manifest)));
  STEELIE_TRY(auto secrets, Decoded(TextMapMember(answer.data, "RecoverySecrets"), "manifest"));
  return secrets ? std::move(*secrets) : RecoverySecrets();
}

Result<std::vector<std::string>> CoordinatorClient::GetUpdateLog() {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Get("/api/v2/update"), Get("/update")));
  if (!answer.v1) return Decoded(TextListMember(answer.data, "updateLog"), "update");
  std::vector<std::string> out;
  const std::string text = answer.data.is_string() ? answer.data.get<std::string>() : std::string();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Result<UpdateAnswer> CoordinatorClient::ApplyUpdate(ByteView manifest) {
  STEELIE_TRY(const Answer answer,
              CallEither(transport_, Post("/api/v2/update", ManifestBody(manifest)), PostBytes("/update", manifest)));
  return Decoded(DecodeUpdate(answer.data), "update");
}

Result<std::string> CoordinatorClient::PlanUpdate(ByteView manifest) {
  STEELIE_TRY(const json data, Call(transport_, Post("/api/v2/plan", ManifestBody(manifest))));
  return DumpJson(data);
}

Result<UpdateAnswer> CoordinatorClient::AcknowledgeUpdate(ByteView manifest) {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Post("/api/v2/update-manifest", ManifestBody(manifest)),
                                              PostBytes("/update-manifest", manifest)));
  return Decoded(answer.v1 ? DecodeSentence(answer.data) : DecodeUpdate(answer.data), "update-manifest");
}

Status CoordinatorClient::CancelUpdate() {
  const HttpRequest v2{HttpMethod::kPost, "/api/v2/update-cancel", "", {}};
  const HttpRequest v1{HttpMethod::kPost, "/update-cancel", "", {}};
  STEELIE_CHECK_OK(CallEither(transport_, v2, v1));
  return Ok();
}

Result<TimeFloor> CoordinatorClient::GetTimeFloor() {
  STEELIE_TRY(const json data, Call(transport_, Get("/api/v2/time-floor")));
  return Decoded(DecodeTimeFloor(data), "time-floor");
}

Result<TimeFloor> CoordinatorClient::LowerTimeFloor(std::uint64_t floor) {
  STEELIE_TRY(const json data, Call(transport_, Post("/api/v2/time-floor", {{"floor", floor}})));
  return Decoded(DecodeTimeFloor(data), "time-floor");
}

Result<PendingUpdate> CoordinatorClient::GetPendingUpdate() {
  STEELIE_TRY(const Answer answer, CallEither(transport_, Get("/api/v2/update-manifest"), Get("/update-manifest")));
  PendingUpdate out;
  STEELIE_TRY(out.manifest, Decoded(BytesMember(answer.data, "manifest"), "update-manifest"));
  STEELIE_TRY(out.message, Decoded(TextMember(answer.data, "message"), "update-manifest"));
  STEELIE_TRY(out.missing_users, Decoded(TextListMember(answer.data, "missingUsers"), "update-manifest"));
  return out;
}

Result<SecretEntries> CoordinatorClient::GetSecrets(const std::vector<std::string>& names) {
  std::string query;
  for (const std::string& name : names) query += (query.empty() ? "?s=" : "&s=") + QueryEscape(name);
  STEELIE_TRY(const Answer answer, CallEither(transport_, Get("/api/v2/secrets" + query), Get("/secrets" + query)));
  const json* map = answer.v1 ? &answer.data : FindMember(answer.data, "secrets");
  return Decoded(DecodeSecrets(map == nullptr ? json() : *map), "secrets");
}

Status CoordinatorClient::SetSecrets(const UserSecrets& secrets) {
  const json map = EncodeSecrets(secrets);
  STEELIE_CHECK_OK(CallEither(transport_, Post("/api/v2/secrets", json{{"secrets", map}}), Post("/secrets", map)));
  return Ok();
}

Result<PublicKey> CoordinatorClient::GetRecoveryPublicKey() {
  STEELIE_TRY(const json data, Call(transport_, Get("/api/v2/recover/public-key")));
  STEELIE_TRY(const Bytes spki, Decoded(BytesMember(data, "ephemeralPublicKey"), "recover/public-key"));
  return Decoded(PublicKey::FromSpki(spki), "recover/public-key");
}

Result<RecoverAnswer> CoordinatorClient::Recover(ByteView secret, ByteView signature) {
  const json body{{"recoverySecret", Base64Encode(secret)}, {"recoverySecretSignature", Base64Encode(signature)}};
  STEELIE_TRY(const json data, Call(transport_, Post("/api/v2/recover", body)));
  RecoverAnswer out;
  STEELIE_TRY(out.remaining, Decoded(NumberMember(data, "remaining"), "recover"));
  STEELIE_TRY(out.message, Decoded(TextMember(data, "message"), "recover"));
  return out;
}

Result<DrillStatus> CoordinatorClient::GetRecoveryDrill() {
  STEELIE_TRY(const json data, Call(transport_, Get("/api/v2/recover/drill")));
  const auto decode = [&]() -> Result<DrillStatus> {
    DrillStatus out;
    STEELIE_TRY(out.challenge, BytesMember(data, "challenge"));
    STEELIE_TRY(out.good_until, NumberMember(data, "challengeGoodUntil"));
    STEELIE_TRY(out.holders, NumberMember(data, "holders"));
    STEELIE_TRY(out.required, NumberMember(data, "required"));
    STEELIE_TRY(out.proven, NumberMember(data, "proven"));
    STEELIE_TRY(out.quorum, BoolMember(data, "quorum"));
    STEELIE_TRY(out.window, NumberMember(data, "windowSeconds"));
    return out;
  };
  return Decoded(decode(), "recover/drill");
}

Result<DrillAnswer> CoordinatorClient::ProveRecovery(const DrillProof& proof) {
  STEELIE_TRY(const json data, Call(transport_, {HttpMethod::kPost, "/api/v2/recover/drill", "application/json",
                                                 ToBuffer(DrillProofText(proof))}));
  const auto decode = [&]() -> Result<DrillAnswer> {
    DrillAnswer out;
    STEELIE_TRY(out.holder, TextMember(data, "holder"));
    STEELIE_TRY(out.proven, TextListMember(data, "proven"));
    STEELIE_TRY(out.missing, TextListMember(data, "missing"));
    STEELIE_TRY(out.required, NumberMember(data, "required"));
    STEELIE_TRY(out.quorum, BoolMember(data, "quorum"));
    return out;
  };
  return Decoded(decode(), "recover/drill");
}

}  // namespace steelie::client
