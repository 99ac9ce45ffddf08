#include <array>

#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

constexpr std::array kTypes = {SecretType::kSymmetricKey, SecretType::kPlain, SecretType::kCertRsa,
                               SecretType::kCertEcdsa, SecretType::kCertEd25519};

struct SecretDraft {
  Secret secret;
  bool has_type = false;
};

void ReadType(Decoder& d, JsonValue v, const Path& path, SecretDraft& out) {
  out.has_type = true;
  std::string text;
  d.Read(v, path, text);
  if (v.kind() != JsonKind::kString) return;
  std::array<std::string_view, kTypes.size()> names;
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    names[i] = SecretTypeName(kTypes[i]);
    if (text == names[i]) {
      out.secret.type = kTypes[i];
      return;
    }
  }
  std::string message = "unknown secret `Type` " + Quoted(text);
  if (text == "raw") {
    message += "; it is called `symmetric-key` since MarbleRun 0.3";
  } else {
    message += d.Suggest(text, names);
  }
  d.Error(v, path, "manifest.secret.type", std::move(message));
}

template <auto kMember>
void Into2(Decoder& d, JsonValue v, const Path& path, SecretDraft& out) {
  d.Read(v, path, out.secret.*kMember);
}

void Cert(Decoder& d, JsonValue v, const Path& path, SecretDraft& out) { ReadCert(d, v, path, out.secret); }

constexpr std::array<Field<SecretDraft>, 8> kSecretFields = {{
    {"Type", ReadType},
    {"Size", Into2<&Secret::size>},
    {"Shared", Into2<&Secret::shared>},
    {"UserDefined", Into2<&Secret::user_defined>},
    {"Cert", Cert},
    {"ValidFor", Into2<&Secret::valid_for>},
    {"Private", Into2<&Secret::preset_private>},
    {"Public", Into2<&Secret::preset_public>},
}};

}  // namespace

void ReadSecret(Decoder& d, JsonValue v, const Path& path, Secret& out) {
  SecretDraft draft;
  ReadObject(d, v, path, "a secret", kSecretFields, draft);
  if (!draft.has_type && (v.is_null() || v.kind() == JsonKind::kObject)) {
    std::array<std::string_view, kTypes.size()> names;
    for (std::size_t i = 0; i < kTypes.size(); ++i) names[i] = SecretTypeName(kTypes[i]);
    d.Error(v, path, "manifest.secret.type",
            "the secret " + Quoted(path.Name()) + " has no `Type`" + d.Suggest("", names));
  }
  out = std::move(draft.secret);
}

}  // namespace steelie::manifest
