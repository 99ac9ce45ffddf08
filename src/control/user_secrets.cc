#include <algorithm>

#include "control/coordinator_impl.h"
#include "control/dry_run.h"

namespace steelie::control {
namespace {

using manifest::SecretType;

constexpr std::string_view kPrefix = "parsing new secrets: ";

std::string Bracketed(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) out += (out.size() > 1 ? " " : "") + name;
  return out + "]";
}

Error Bad(std::string reason, const std::string& text) {
  return Error(Code::kInvalidArgument, "secret." + std::move(reason), std::string(kPrefix) + text);
}

Result<std::shared_ptr<const StoredSecret>> FromKey(const std::string& name, const manifest::Secret& definition,
                                                    const SecretUpload& upload) {
  const std::string type(SecretTypeName(definition.type));
  if (upload.certificate || upload.private_key) {
    return Bad("wrong_fields",
               "secret " + name + " is set to be of type " + type + " but specified values for a certificate");
  }
  const SecretBuffer empty;
  const SecretBuffer& value = upload.key ? *upload.key : empty;
  if (definition.type == SecretType::kSymmetricKey) {
    if (definition.size == 0 || definition.size % 8 != 0) return Bad("size", "invalid secret size: " + name);
    if (value.size() != definition.size / 8) {
      return Bad("size", "declared size and actual size don't match: " + name + " (expected " +
                             std::to_string(definition.size / 8) + " bytes, got " + std::to_string(value.size()) + ")");
    }
  }
  auto stored = std::make_shared<StoredSecret>();
  stored->valid_for = definition.valid_for;
  stored->private_half = SecretHalf(ByteView(value));
  stored->public_half = SecretHalf(ByteView(value));
  return std::shared_ptr<const StoredSecret>(std::move(stored));
}

// What is no PKCS#8 is taken as it is, as existing clients expect.
bool IsOfAnotherKey(const SecretBuffer& pkcs8, const PublicKey& key) {
  const auto parsed = PrivateKey::FromPkcs8(pkcs8);
  return parsed && !PublicEqual(parsed->public_key().spki(), key.spki());
}

Result<std::shared_ptr<const StoredSecret>> FromCertificate(const std::string& name, const manifest::Secret& definition,
                                                            const SecretUpload& upload) {
  if (upload.key) {
    return Bad("wrong_fields", "secret " + name + " is set to be of type " +
                                   std::string(SecretTypeName(definition.type)) +
                                   " but specified values for a symmetric-key");
  }
  if (!upload.certificate)
    return Bad("no_certificate", "secret " + name + " needs a certificate in `Cert` (base64 of DER)");
  const auto key = upload.certificate->SubjectPublicKey();
  if (!key) return Bad("certificate", "secret " + name + ": the certificate's key is not supported");
  auto stored = std::make_shared<StoredSecret>();
  stored->valid_for = definition.valid_for;
  stored->certificate = upload.certificate->der();
  stored->public_half = SecretHalf(ByteView(key->spki()));
  if (upload.private_key && IsOfAnotherKey(*upload.private_key, *key)) {
    return Bad("wrong_key", "secret " + name + ": the private key does not belong to the certificate");
  }
  if (upload.private_key) stored->private_half = SecretHalf(ByteView(*upload.private_key));
  return std::shared_ptr<const StoredSecret>(std::move(stored));
}

Result<SecretMap> Convert(const Deployment& deployment, const NameMap<SecretUpload>& uploads) {
  if (uploads.empty()) return Bad("none", "no new secrets defined");
  SecretMap out;
  for (const auto& [name, upload] : uploads) {
    const auto definition = deployment.manifest().secrets.find(name);
    if (definition == deployment.manifest().secrets.end()) {
      return Bad("unknown", "secret manifest specifies a secret which the original manifest does not contain: " + name);
    }
    if (!definition->second.user_defined) return Bad("not_writeable", "secret " + name + " is not writeable");
    auto stored = manifest::IsCertificate(definition->second.type) ? FromCertificate(name, definition->second, upload)
                                                                   : FromKey(name, definition->second, upload);
    if (!stored) return stored.error();
    out.emplace(name, std::move(*stored));
  }
  return out;
}

// The uploaded values, the generated ones as they are, and nothing for other user-defined secrets: those get stand-ins.
SecretMap ForDryRun(const State& view, const SecretMap& uploaded) {
  SecretMap out = uploaded;
  for (const auto& [name, definition] : view.deployment->manifest().secrets) {
    if (definition.user_defined) continue;
    const auto value = view.secrets->find(name);
    if (value != view.secrets->end()) out.emplace(name, value->second);
  }
  return out;
}

Error RefuseWrite(const Coordinator::Impl& impl, const KnownUser& user, const std::string& secret) {
  return RefuseUser(impl, user, "write secret", "update secret: " + secret);
}

std::vector<std::string> NamesOf(const auto& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

Status Write(Coordinator::Impl& impl, const Caller& caller, const NameMap<SecretUpload>& uploads) {
  const auto view = impl.View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  // Whoever may write nothing learns nothing more and makes us try out no templates. For others the values are judged
  // first, as clients of the reference expect.
  if (!Authorised(*user, manifest::Action::kWriteSecret, {}))
    return RefuseWrite(impl, *user, uploads.empty() ? "" : uploads.begin()->first);
  STEELIE_TRY(const SecretMap secrets, Convert(*view->deployment, uploads));
  STEELIE_CHECK_OK(DryRun(*view->deployment, *view->authority, ForDryRun(*view, secrets), impl.deps.random,
                          impl.DecisionTime(*view)));
  for (const auto& [name, secret] : secrets) {
    if (!Authorised(*user, manifest::Action::kWriteSecret, {name})) return RefuseWrite(impl, *user, name);
  }
  const auto decide = [&](const State& state) -> Result<std::vector<EventBody>> {
    if (state.deployment != view->deployment) {
      return Error(Code::kAborted, "state.changed", "the manifest changed in the meantime: try again");
    }
    return Just(SecretsWritten{user->name, secrets});
  };
  STEELIE_CHECK_OK(impl.journal->Commit(decide));
  impl.deps.logger.Info("Secrets were set", {{"user", user->name}, {"secrets", Bracketed(NamesOf(secrets))}});
  return Ok();
}

}  // namespace

Result<NameMap<SecretView>> Coordinator::ReadSecrets(const Caller& caller, const std::vector<std::string>& names) {
  const auto view = impl_->View();
  STEELIE_TRY(const KnownUser* user, Authenticate(*view, caller));
  STEELIE_CHECK_OK(RequirePhase(*view, Phase::kAcceptingMarbles));
  if (!Authorised(*user, manifest::Action::kReadSecret, names)) {
    // The same answer for a forbidden and an unknown secret.
    return RefuseUser(*impl_, *user, "read secrets", "read one or more secrets of: " + Bracketed(names));
  }
  NameMap<SecretView> out;
  for (const std::string& name : names) {
    const manifest::Secret& definition = view->deployment->manifest().secrets.find(name)->second;
    SecretView secret;
    secret.type = SecretTypeName(definition.type);
    secret.size = definition.size;
    secret.shared = definition.shared;
    secret.user_defined = definition.user_defined;
    const auto value = view->secrets->find(name);
    secret.value = value != view->secrets->end() ? value->second : std::make_shared<const StoredSecret>();
    secret.valid_for = secret.value->valid_for;
    out.emplace(name, std::move(secret));
  }
  // Each name once, however often it was asked for.
  impl_->journal->Record(SecretsRead{user->name, NamesOf(out)});
  return out;
}

Status Coordinator::WriteSecrets(const Caller& caller, NameMap<SecretUpload> uploads) {
  return RetryIfChanged([&] { return Write(*impl_, caller, uploads); });
}

}  // namespace steelie::control
