#include "control/marble_data.h"

#include "control/generate.h"

namespace steelie::control {
namespace {

using gotemplate::Generation;
using gotemplate::Reserved;
using gotemplate::SecretValue;

ByteView ViewBytes(const SecretHalf& half) {
  // The view lives as long as the secret, which the caller keeps: templates read it in place instead of copying it.
  return half.Reveal([](ByteView bytes) { return bytes; });
}

}  // namespace

SecretValue ViewOf(const manifest::Secret& definition, const StoredSecret& stored) {
  SecretValue value;
  value.type = manifest::SecretTypeName(definition.type);
  value.size = definition.size;
  value.shared = definition.shared;
  value.user_defined = definition.user_defined;
  value.valid_for = stored.valid_for;
  value.cert = stored.certificate;
  value.private_half = ViewBytes(stored.private_half);
  value.public_half = ViewBytes(stored.public_half);
  return value;
}

MarbleData::MarbleData(const State& view, std::string_view marble_type, const manifest::Marble& marble,
                       const Uuid& uuid, const MarbleCredentials& credentials, Random& random, Instant now)
    : view_(view), marble_type_(marble_type), marble_(marble), uuid_(uuid), random_(random), now_(now) {
  root_ca_.cert = view.authority->marble_root().der();
  coordinator_root_.cert = view.authority->root().der();
  coordinator_intermediate_.cert = view.authority->intermediate().der();
  marble_cert_.cert = credentials.certificate;
  marble_cert_.public_half = credentials.public_key;
  marble_cert_.private_half = credentials.private_key.Reveal([](ByteView bytes) { return bytes; });
}

MarbleData::~MarbleData() = default;

const SecretValue& MarbleData::GetReserved(Reserved which) const {
  switch (which) {
    case Reserved::kRootCa:
      return root_ca_;
    case Reserved::kMarbleCert:
      return marble_cert_;
    case Reserved::kCoordinatorRoot:
      return coordinator_root_;
    case Reserved::kCoordinatorIntermediate:
      return coordinator_intermediate_;
    case Reserved::kSealKey:
      break;
  }
  if (!seal_key_) {
    const secrets::DerivedKey key =
        secrets::DeriveSealKey(*view_.root_secret, {uuid_, marble_type_, !marble_.disable_secret_binding});
    auto stored = std::make_shared<StoredSecret>();
    key.Reveal([&](ByteView bytes) {
      stored->private_half = SecretHalf(bytes);
      stored->public_half = SecretHalf(bytes);
    });
    manifest::Secret definition;
    definition.size = secrets::kSealKeySize * 8;
    SecretValue value = ViewOf(definition, *stored);
    seal_key_ = Made{std::move(stored), std::move(value)};
  }
  return seal_key_->value;
}

const SecretValue* MarbleData::Find(Generation generation, std::string_view name) const {
  const Made* made = Get(generation, name);
  return made == nullptr ? nullptr : &made->value;
}

std::vector<std::string> MarbleData::Names(Generation) const {
  std::vector<std::string> names;
  for (const auto& [name, definition] : view_.deployment->manifest().secrets) names.push_back(name);
  return names;
}

const StoredSecret* MarbleData::Stored(std::string_view name) const {
  const Made* made = Get(Generation::kCurrent, name);
  return made == nullptr ? nullptr : made->secret.get();
}

const MarbleData::Made* MarbleData::Get(Generation generation, std::string_view name) const {
  auto& cache = generation == Generation::kCurrent ? current_ : previous_;
  if (const auto at = cache.find(name); at != cache.end()) return &at->second;
  const auto& definitions = view_.deployment->manifest().secrets;
  const auto definition = definitions.find(name);
  if (definition == definitions.end()) return nullptr;
  auto secret = Make(generation, name, definition->second);
  if (!secret) {
    if (!error_) error_ = secret.error().WithContext("secret `" + std::string(name) + "`");
    return nullptr;
  }
  SecretValue value = ViewOf(definition->second, **secret);
  return &cache.emplace(std::string(name), Made{std::move(*secret), std::move(value)}).first->second;
}

Result<std::shared_ptr<const StoredSecret>> MarbleData::Make(Generation generation, std::string_view name,
                                                             const manifest::Secret& definition) const {
  if (definition.shared || definition.user_defined) {
    const SecretMap& values = generation == Generation::kCurrent ? *view_.secrets : *view_.previous_secrets;
    const auto at = values.find(name);
    if (at != values.end()) return at->second;
    auto placeholder = std::make_shared<const StoredSecret>();
    return placeholder;
  }
  if (definition.type == manifest::SecretType::kSymmetricKey) {
    const secrets::RootSecret& root = generation == Generation::kPrevious && view_.previous_root_secret
                                          ? *view_.previous_root_secret
                                          : *view_.root_secret;
    STEELIE_TRY(const secrets::DerivedKey key,
                secrets::DeriveMarbleKey(root, {uuid_, marble_type_, !marble_.disable_secret_binding}, name,
                                         definition.size / 8));
    auto stored = std::make_shared<StoredSecret>();
    key.Reveal([&](ByteView bytes) {
      stored->private_half = SecretHalf(bytes);
      stored->public_half = SecretHalf(bytes);
    });
    return std::shared_ptr<const StoredSecret>(std::move(stored));
  }
  return GenerateSecret(definition, *view_.authority, random_, now_);
}

}  // namespace steelie::control
