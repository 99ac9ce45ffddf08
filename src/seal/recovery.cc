#include "seal/recovery.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/constant_time.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "seal/shamir.h"

namespace steelie::seal {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kShamirShareSize = kKeySize + 1;
constexpr std::string_view kCommitmentLabel = "steelie recovery commitment v1";

std::size_t SecretSize(RecoveryMode mode) { return mode == RecoveryMode::kThreshold ? kShamirShareSize : kKeySize; }

Error BadKey(const std::string& message) {
  return Error(Code::kInvalidArgument, "recovery.key", "generating recovery encryption key: " + message);
}

Result<PublicKey> ParseKey(const std::string& pem) {
  const std::vector<PemBlock> blocks = PemDecode(pem);
  if (blocks.empty() || blocks[0].label != "PUBLIC KEY") return BadKey("given PEM data is not a public key");
  const auto key = PublicKey::FromSpki(blocks[0].bytes);
  if (!key) return BadKey("given PEM data is not a public key: " + key.error().message());
  if (key->kind() != KeyKind::kRsa) return BadKey("unsupported type of public key");
  return key;
}

struct Shape {
  RecoveryMode mode;
  std::uint32_t required;
};

Result<Shape> ShapeOf(std::size_t n, std::uint32_t threshold) {
  const auto bad = [](std::string message) {
    return Error(Code::kInvalidArgument, "recovery.threshold", std::move(message));
  };
  if (threshold > n) {
    return bad("not enough recovery keys (" + std::to_string(n) + ") defined to meet the recovery threshold of " +
               std::to_string(threshold));
  }
  if (threshold == 1) return bad("invalid recovery threshold: if set, threshold must be at least 2");
  if (n == 0) return Shape{RecoveryMode::kNone, 0};
  if (n == 1) return Shape{RecoveryMode::kSingle, 1};
  if (threshold == 0 || threshold == n) return Shape{RecoveryMode::kAll, static_cast<std::uint32_t>(n)};
  if (n > 255) return bad("a recovery threshold allows at most 255 recovery keys");
  return Shape{RecoveryMode::kThreshold, threshold};
}

void XorInto(SecretBuffer& into, ByteView with) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] ^= with[i];
}

// Random shares whose XOR is the key: all but the last are drawn, the last makes up for them. As every share is
// uniformly distributed, this is what drawing all of them and taking the XOR as a random key gives.
std::vector<SecretBuffer> SplitXor(ByteView key, std::size_t n, Random& random) {
  std::vector<SecretBuffer> shares(n, SecretBuffer(kKeySize));
  shares.back().assign(key.begin(), key.end());
  for (std::size_t i = 0; i + 1 < n; ++i) {
    random.Fill(shares[i]);
    XorInto(shares.back(), shares[i]);
  }
  return shares;
}

std::vector<SecretBuffer> Split(const Shape& shape, ByteView key, std::size_t n, Random& random) {
  switch (shape.mode) {
    case RecoveryMode::kNone:
      return {};
    case RecoveryMode::kSingle:
      return {SecretBuffer(key.begin(), key.end())};
    case RecoveryMode::kAll:
      return SplitXor(key, n, random);
    case RecoveryMode::kThreshold:
      return ShamirSplit(key, n, shape.required, random);
  }
  return {};
}

}  // namespace

Sha256Digest RecoveryCommitment(ByteView secret) { return Sha256({AsBytes(kCommitmentLabel), secret}); }

Result<RecoverySecrets> GenerateRecovery(std::span<const RecoveryKey> keys, std::uint32_t threshold,
                                         ByteView ledger_key, Random& random) {
  STEELIE_CHECK(ledger_key.size() == kKeySize);
  STEELIE_TRY(const Shape shape, ShapeOf(keys.size(), threshold));
  const std::vector<SecretBuffer> secrets = Split(shape, ledger_key, keys.size(), random);
  RecoverySecrets out{{shape.mode, shape.required, {}}, {}};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    STEELIE_TRY(const PublicKey key, ParseKey(keys[i].pem));
    auto ciphertext = key.RsaOaepEncrypt(secrets[i]);
    if (!ciphertext) return BadKey(keys[i].name + ": " + ciphertext.error().message());
    if (!out.ciphertexts.emplace(keys[i].name, std::move(*ciphertext)).second) {
      return BadKey("the name " + keys[i].name + " is used twice");
    }
    out.scheme.holders.push_back({keys[i].name, key.spki(), Sha256(AsBytes(keys[i].pem)),
                                  RecoveryCommitment(secrets[i]), PossessionKeyOf(secrets[i])});
  }
  return out;
}

bool RecoveryChanged(const RecoveryScheme& scheme, std::span<const RecoveryKey> keys, std::uint32_t threshold) {
  const auto shape = ShapeOf(keys.size(), threshold);
  if (!shape || shape->mode != scheme.mode || shape->required != scheme.required ||
      keys.size() != scheme.holders.size()) {
    return true;
  }
  return !std::ranges::all_of(keys, [&](const RecoveryKey& key) {
    return std::ranges::any_of(scheme.holders, [&](const RecoveryHolder& holder) {
      return holder.name == key.name && holder.pem_hash == Sha256(AsBytes(key.pem));
    });
  });
}

Result<std::size_t> RecoveryCollector::Find(ByteView secret) const {
  if (scheme_.mode == RecoveryMode::kNone) {
    return Error(Code::kFailedPrecondition, "recovery.none", "the state was sealed without recovery keys");
  }
  if (missing() == 0) {
    return Error(Code::kInvalidArgument, "recovery.complete", "enough recovery secrets were uploaded");
  }
  if (secret.size() != SecretSize(scheme_.mode)) {
    return Error(Code::kInvalidArgument, "recovery.length",
                 "invalid secret length: expected " + std::to_string(SecretSize(scheme_.mode)) + " bytes, got " +
                     std::to_string(secret.size()));
  }
  const Sha256Digest commitment = RecoveryCommitment(secret);
  std::size_t found = scheme_.holders.size();
  for (std::size_t i = 0; i < scheme_.holders.size(); ++i) {
    if (ConstantTimeEqual(scheme_.holders[i].commitment, commitment)) found = i;
  }
  if (found == scheme_.holders.size()) {
    return Error(Code::kInvalidArgument, "recovery.unknown",
                 "uploaded an invalid or already used secret: it is not the secret of any recovery key of this state");
  }
  if (std::ranges::any_of(secrets_, [&](const Taken& taken) { return taken.holder == found; })) {
    return Error(Code::kInvalidArgument, "recovery.repeated",
                 "uploaded an invalid or already used secret: the one of " + scheme_.holders[found].name +
                     " was uploaded before");
  }
  return found;
}

Result<const RecoveryHolder*> RecoveryCollector::Identify(ByteView secret) const {
  STEELIE_TRY(const std::size_t holder, Find(secret));
  return &scheme_.holders[holder];
}

Result<const RecoveryHolder*> RecoveryCollector::Add(ByteView secret) {
  STEELIE_TRY(const std::size_t holder, Find(secret));
  secrets_.push_back({holder, SecretBuffer(secret.begin(), secret.end())});
  return &scheme_.holders[holder];
}

std::size_t RecoveryCollector::missing() const { return scheme_.required - secrets_.size(); }

std::size_t RecoveryCollector::remaining() const {
  return missing() == 0 ? 0 : scheme_.holders.size() - secrets_.size();
}

std::vector<std::string> RecoveryCollector::taken() const {
  std::vector<std::string> names;
  for (const Taken& taken : secrets_) names.push_back(scheme_.holders[taken.holder].name);
  return names;
}

std::vector<SecretBuffer> RecoveryCollector::secrets() const {
  std::vector<SecretBuffer> out;
  for (const Taken& taken : secrets_) out.push_back(taken.secret);
  return out;
}

Result<SecretBuffer> RecoveryCollector::Combine() const {
  if (scheme_.mode == RecoveryMode::kNone || missing() != 0) {
    return Error(Code::kFailedPrecondition, "recovery.incomplete",
                 std::to_string(missing()) + " more recovery secrets are needed");
  }
  if (scheme_.mode == RecoveryMode::kThreshold) return ShamirCombine(secrets());
  SecretBuffer key = secrets_[0].secret;
  for (std::size_t i = 1; i < secrets_.size(); ++i) XorInto(key, secrets_[i].secret);
  return key;
}

}  // namespace steelie::seal
