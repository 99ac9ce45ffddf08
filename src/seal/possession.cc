#include "seal/possession.h"

#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "crypto/kdf.h"

namespace steelie::seal {
namespace {

constexpr std::string_view kSeedLabel = "steelie recovery possession key v1";
constexpr std::string_view kMessageLabel = "steelie recovery drill v1";
constexpr std::size_t kSeedSize = 32;

// RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS#8 and in SubjectPublicKeyInfo.
constexpr std::array<std::uint8_t, 16> kPkcs8Prefix = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::array<std::uint8_t, 12> kSpkiPrefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

PrivateKey DeriveKey(ByteView secret) {
  const SecretBuffer seed = HkdfSha256(secret, {}, AsBytes(kSeedLabel), kSeedSize);
  SecretBuffer der(kPkcs8Prefix.begin(), kPkcs8Prefix.end());
  der.insert(der.end(), seed.begin(), seed.end());
  auto key = PrivateKey::FromPkcs8(der);
  STEELIE_CHECK(key.has_value());
  return std::move(*key);
}

PossessionKey Raw(const PublicKey& key) {
  const Bytes& spki = key.spki();
  PossessionKey out{};
  STEELIE_CHECK(spki.size() == kSpkiPrefix.size() + out.size());
  std::copy_n(spki.begin() + kSpkiPrefix.size(), out.size(), out.begin());
  return out;
}

Error Wrong(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

}  // namespace

PossessionKey PossessionKeyOf(ByteView secret) { return Raw(DeriveKey(secret).public_key()); }

Bytes PossessionMessage(ByteView challenge, const PossessionKey& key) {
  Writer out;
  out.Sized(kMessageLabel);
  out.Sized(challenge);
  out.Raw(key);
  return std::move(out).Take();
}

Result<PossessionProof> ProvePossession(ByteView secret, const SignByHolder& sign, ByteView challenge) {
  if (challenge.size() != kDrillChallengeSize) {
    return Wrong("possession.challenge", "a drill's challenge has " + std::to_string(kDrillChallengeSize) +
                                             " bytes, this has " + std::to_string(challenge.size()));
  }
  if (secret.size() != 32 && secret.size() != 33) {
    return Wrong("possession.secret",
                 "a recovery secret has 32 or 33 bytes, this has " + std::to_string(secret.size()));
  }
  const PrivateKey key = DeriveKey(secret);
  PossessionProof out;
  out.key = Raw(key.public_key());
  const Bytes message = PossessionMessage(challenge, out.key);
  STEELIE_TRY(out.by_secret, key.Sign(SignatureScheme::kEd25519, message));
  STEELIE_TRY(out.by_holder, sign(message));
  return out;
}

Result<const RecoveryHolder*> CheckPossession(const RecoveryScheme& scheme, ByteView challenge,
                                              const PossessionProof& proof) {
  if (scheme.holders.empty()) {
    return Error(Code::kFailedPrecondition, "drill.none", "the manifest has no recovery keys: nobody could recover");
  }
  const auto holder = std::ranges::find(scheme.holders, proof.key, &RecoveryHolder::possession);
  if (holder == scheme.holders.end()) {
    return Wrong("drill.unknown",
                 "this is not the recovery secret of any recovery key of the manifest in force: it may be of another "
                 "deployment, or from before the recovery keys were changed");
  }
  const Bytes message = PossessionMessage(challenge, proof.key);
  Bytes spki(kSpkiPrefix.begin(), kSpkiPrefix.end());
  spki.insert(spki.end(), proof.key.begin(), proof.key.end());
  const auto key = PublicKey::FromSpki(spki);
  if (!key || !key->Verify(SignatureScheme::kEd25519, message, proof.by_secret)) {
    return Wrong("drill.proof", "the proof is wrong: it was not made with the recovery secret for this challenge");
  }
  const auto recovery_key = PublicKey::FromSpki(holder->spki);
  if (!recovery_key || !recovery_key->Verify(SignatureScheme::kRsaPkcs1Sha256, message, proof.by_holder)) {
    return Wrong("drill.signature", "the recovery secret is that of " + holder->name +
                                        ", but the proof is not signed with the recovery key of that name");
  }
  return &*holder;
}

}  // namespace steelie::seal
