#include "client/secret_value.h"

#include <nlohmann/json.hpp>

#include "client/json.h"
#include "client/json_text.h"
#include "client/tls_identity.h"
#include "crypto/pem.h"
#include "manifest/json.h"

namespace steelie::client {
namespace {

using nlohmann::json;

Error Bad(const std::string& why) { return Error(Code::kInvalidArgument, "client.secret.file", why); }
Error BadPem(const std::string& why) { return Error(Code::kInvalidArgument, "client.secret.pem", why); }

// What `secret get` wrote says of which type a secret is, and names the value of a key `Private`. In an upload that
// would be the private key of a certificate.
Status TakeSavedKey(const json& value, UserSecret& out) {
  STEELIE_TRY(const std::string type, TextMember(value, "Type"));
  if (type.empty()) return Ok();
  if (FindMember(value, "UserDefined") != nullptr) {
    STEELIE_TRY(const bool user_defined, BoolMember(value, "UserDefined"));
    if (!user_defined) return Bad("the Coordinator makes this secret (UserDefined is false): take it out of the file");
  }
  if (type.starts_with("cert") || out.key) return Ok();
  STEELIE_TRY(out.key, SecretMember(value, "Private"));
  return out.key ? Ok() : Bad("nobody has uploaded it (Private is null): take it out of the file, or add Key");
}

Result<UserSecret> ParseEntry(const json& value) {
  if (!value.is_object()) return Bad("not an object");
  UserSecret out;
  STEELIE_TRY(out.key, SecretMember(value, "Key"));
  const bool upload = out.key.has_value();
  STEELIE_CHECK_OK(TakeSavedKey(value, out));
  if (!upload && out.key) return out;
  STEELIE_TRY(const std::optional<SecretBuffer> certificate, SecretMember(value, "Cert"));
  if (certificate) out.certificate = Bytes(certificate->begin(), certificate->end());
  STEELIE_TRY(out.private_key, SecretMember(value, "Private"));
  if (!out.key && !out.certificate && !out.private_key) return Bad("it has none of Key, Cert and Private");
  if (out.certificate && !Certificate::FromDer(*out.certificate)) return Bad("Cert is not a DER certificate");
  return out;
}

// Says where, not what stands there: it may be secret.
Error NotJson(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text.substr(first).starts_with("-----BEGIN ")) {
    return Bad("the secrets file is PEM, not JSON: name the secret that it holds with --from-pem NAME");
  }
  if (first != std::string_view::npos && text[first] != '{' && text.find("-----BEGIN ") != std::string_view::npos) {
    return Bad("the secrets file is not JSON. YAML is not read; name a secret in PEM with --from-pem NAME");
  }
  const auto read = manifest::JsonDocument::Parse(AsBytes(text));
  if (read.document || read.faults.empty()) return Bad("the secrets file is not valid JSON");
  const manifest::Position at = manifest::PositionCounter(AsBytes(text)).At(read.faults.back().offset);
  return Bad("the secrets file is not valid JSON: line " + std::to_string(at.line) + ", column " +
             std::to_string(at.column));
}

void Append(SecretBuffer& out, std::string_view text) {
  const ByteView bytes = AsBytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendBase64(SecretBuffer& out, ByteView bytes) {
  std::string text = Base64Encode(bytes);
  Append(out, text);
  Wipe(text.data(), text.size());
}

void AppendMember(SecretBuffer& out, std::string_view name, const std::optional<ByteView>& value) {
  Append(out, ",\"" + std::string(name) + "\":");
  if (!value) return Append(out, "null");
  Append(out, "\"");
  AppendBase64(out, *value);
  Append(out, "\"");
}

template <typename Container>
std::optional<ByteView> View(const std::optional<Container>& value) {
  return value ? std::optional<ByteView>(*value) : std::nullopt;
}

void AppendLine(SecretBuffer& out, std::string_view label, const std::optional<ByteView>& value) {
  Append(out, "\t" + std::string(label));
  out.insert(out.end(), 14 - std::min<std::size_t>(label.size(), 13), ' ');
  if (value) {
    AppendBase64(out, *value);
  } else {
    Append(out, "not set");
  }
  Append(out, "\n");
}

void AppendTextLine(SecretBuffer& out, std::string_view label, const std::string& value) {
  Append(out, "\t" + std::string(label));
  out.insert(out.end(), 14 - std::min<std::size_t>(label.size(), 13), ' ');
  Append(out, value + "\n");
}

}  // namespace

Result<UserSecrets> ParseSecretFile(std::string_view text) {
  const Result<json> map = ParseJson(text);
  if (!map) return NotJson(text);
  if (!map->is_object()) return Bad("the secrets file is not a JSON object");
  UserSecrets out;
  for (auto it = map->begin(); it != map->end(); ++it) {
    Result<UserSecret> entry = ParseEntry(*it);
    if (!entry) return Bad("secret \"" + it.key() + "\": " + entry.error().message());
    out.emplace(it.key(), std::move(*entry));
  }
  return out;
}

Result<UserSecret> ParsePemSecret(std::string_view pem) {
  UserSecret out;
  for (const PemBlock& block : PemDecode(pem)) {
    const bool is_private = block.label.find("PRIVATE") != std::string::npos;
    if (block.label == "CERTIFICATE") {
      if (out.certificate) continue;
      if (!Certificate::FromDer(block.bytes)) return BadPem("the certificate does not parse");
      out.certificate = Bytes(block.bytes.begin(), block.bytes.end());
    } else if (is_private && !out.private_key) {
      STEELIE_TRY(const PrivateKey key, ParsePrivateKey(pem));
      out.private_key = key.ToPkcs8().Reveal([](ByteView der) { return SecretBuffer(der.begin(), der.end()); });
    } else if (!is_private && !(out.certificate && out.private_key)) {
      return BadPem("unrecognized PEM type for secret: " + block.label.substr(0, 60));
    }
  }
  if (!out.certificate && !out.private_key) return BadPem("found no certificate or private key in PEM data");
  return out;
}

SecretBuffer SecretsToJson(const SecretEntries& secrets) {
  SecretBuffer out;
  Append(out, "{");
  for (const auto& [name, secret] : secrets) {
    if (out.size() > 1) Append(out, ",");
    std::string head;
    AppendJsonString(head, name);
    head += ":{\"Type\":";
    AppendJsonString(head, secret.type);
    head += ",\"Size\":" + std::to_string(secret.size);
    head += std::string(",\"Shared\":") + (secret.shared ? "true" : "false");
    head += std::string(",\"UserDefined\":") + (secret.user_defined ? "true" : "false");
    Append(out, head);
    AppendMember(out, "Cert", View(secret.certificate));
    Append(out, ",\"ValidFor\":" + std::to_string(secret.valid_for));
    AppendMember(out, "Private", View(secret.private_value));
    AppendMember(out, "Public", View(secret.public_value));
    Append(out, "}");
  }
  Append(out, "}");
  return out;
}

SecretBuffer SecretsToText(const SecretEntries& secrets) {
  SecretBuffer out;
  for (const auto& [name, secret] : secrets) {
    Append(out, name + ":\n");
    AppendTextLine(out, "Type:", secret.type);
    AppendTextLine(out, "UserDefined:", secret.user_defined ? "true" : "false");
    if (secret.size != 0) AppendTextLine(out, "Size:", std::to_string(secret.size));
    if (secret.type.starts_with("cert")) {
      AppendTextLine(out, "Valid For:", std::to_string(secret.valid_for));
      AppendLine(out, "Certificate:", View(secret.certificate));
      AppendLine(out, "Public Key:", View(secret.public_value));
      AppendLine(out, "Private Key:", View(secret.private_value));
    } else {
      AppendLine(out, secret.type == "plain" ? "Data:" : "Key:", View(secret.private_value));
    }
  }
  return out;
}

}  // namespace steelie::client
