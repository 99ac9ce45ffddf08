#include "control/generate.h"

namespace steelie::control {
namespace {

using manifest::SecretType;

constexpr std::uint64_t kDefaultValidFor = 365;
constexpr std::uint64_t kMaxSymmetricBytes = std::uint64_t{1} << 20U;

Error BadSize(const std::string& expected, std::uint64_t size) {
  return Error(Code::kInvalidArgument, "secrets.size",
               "invalid secret size: expected " + expected + ", got " + std::to_string(size));
}

}  // namespace

Result<PrivateKey> GenerateSecretKey(const manifest::Secret& definition) {
  switch (definition.type) {
    case SecretType::kCertRsa:
      if (definition.size > 16384) return BadSize("1024 to 16384 bits", definition.size);
      return PrivateKey::Generate(KeyKind::kRsa, static_cast<int>(definition.size));
    case SecretType::kCertEd25519:
      if (definition.size != 0) return BadSize("no Size for cert-ed25519", definition.size);
      return PrivateKey::Generate(KeyKind::kEd25519);
    case SecretType::kCertEcdsa:
      switch (definition.size) {
        case 224:
          return PrivateKey::Generate(KeyKind::kEcP224);
        case 256:
          return PrivateKey::Generate(KeyKind::kEcP256);
        case 384:
          return PrivateKey::Generate(KeyKind::kEcP384);
        case 521:
          return PrivateKey::Generate(KeyKind::kEcP521);
        default:
          return BadSize("224, 256, 384 or 521 bits", definition.size);
      }
    case SecretType::kSymmetricKey:
    case SecretType::kPlain:
      break;
  }
  return Error(Code::kInvalidArgument, "secrets.type", "a secret of this type has no key pair");
}

Result<std::shared_ptr<const StoredSecret>> CertifySecret(const manifest::Secret& definition,
                                                          const pki::Authority& authority, const PrivateKey& key,
                                                          Random& random, Instant now) {
  auto stored = std::make_shared<StoredSecret>();
  stored->valid_for =
      definition.valid_for != 0 || definition.profile.not_after ? definition.valid_for : kDefaultValidFor;
  STEELIE_TRY(stored->certificate, pki::IssueSecretCertificate(authority, definition.profile, key.public_key(),
                                                               random.Take<16>(), definition.valid_for, now));
  key.ToPkcs8().Reveal([&](ByteView der) { stored->private_half = SecretHalf(der); });
  stored->public_half = SecretHalf(ByteView(key.public_key().spki()));
  return std::shared_ptr<const StoredSecret>(std::move(stored));
}

Result<std::shared_ptr<const StoredSecret>> GenerateSecret(const manifest::Secret& definition,
                                                           const pki::Authority& authority, Random& random,
                                                           Instant now) {
  if (manifest::IsCertificate(definition.type)) {
    STEELIE_TRY(const PrivateKey key, GenerateSecretKey(definition));
    return CertifySecret(definition, authority, key, random, now);
  }
  if (definition.type == SecretType::kPlain) {
    return Error(Code::kInvalidArgument, "secrets.type",
                 "a secret of type plain must be UserDefined: it cannot be generated");
  }
  if (definition.size == 0 || definition.size % 8 != 0 || definition.size / 8 > kMaxSymmetricBytes) {
    return BadSize("a multiple of 8 bits, at most 8388608", definition.size);
  }
  SecretBuffer bytes(definition.size / 8);
  random.Fill(bytes);
  auto stored = std::make_shared<StoredSecret>();
  stored->valid_for = definition.valid_for;
  stored->private_half = SecretHalf(ByteView(bytes));
  stored->public_half = SecretHalf(std::move(bytes));
  return std::shared_ptr<const StoredSecret>(std::move(stored));
}

Result<pki::IntermediateInput> NewIntermediate(KeyKind curve, Random& random) {
  STEELIE_TRY(PrivateKey key, PrivateKey::Generate(curve));
  return pki::IntermediateInput{std::move(key), random.Take<16>(), random.Take<16>()};
}

IntermediateRecord RecordOf(const pki::Authority& authority) {
  return {authority.intermediate().der(), authority.marble_root().der(), authority.intermediate_key().ToPkcs8()};
}

}  // namespace steelie::control
