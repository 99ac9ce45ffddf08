#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "secret/wipe.h"

namespace steelie::seal {

/// How recovery keys share the ledger key, by their number n and the threshold t of the manifest.
enum class RecoveryMode : std::uint8_t {
  kNone = 0,       // n = 0: recovery is impossible
  kSingle = 1,     // n = 1: the holder has the key itself
  kAll = 2,        // t = 0 or t = n: the key is the XOR of all shares
  kThreshold = 3,  // 2 <= t < n: Shamir shares, any t of them
};

/// A recovery key of the manifest.
struct RecoveryKey {
  std::string name;
  std::string pem;  // hostile: a `PUBLIC KEY` block with an RSA key is expected
};

/// With which a holder proves in a drill that they have their secret: an Ed25519 public key whose private key is
/// derived from the secret.
using PossessionKey = std::array<std::uint8_t, 32>;

/// One who holds a secret, as remembered next to the ledger.
struct RecoveryHolder {
  std::string name;
  Bytes spki;                 // DER of the public key, for checking signatures as they arrive
  Sha256Digest pem_hash{};    // of the PEM text, for telling whether the manifest's keys changed
  Sha256Digest commitment{};  // says which secret is this holder's without revealing it
  PossessionKey possession{};

  bool operator==(const RecoveryHolder&) const = default;
};

/// Public description of who can recover a ledger and how. Stored in the ledger's header, whose hash every entry is
/// bound to: after a recovery it is as authentic as the key.
struct RecoveryScheme {
  RecoveryMode mode = RecoveryMode::kNone;
  std::uint32_t required = 0;  // how many secrets give the key; 0 for kNone
  std::vector<RecoveryHolder> holders;

  bool operator==(const RecoveryScheme&) const = default;
};

struct RecoverySecrets {
  RecoveryScheme scheme;
  /// What the API hands out: each holder's secret under RSA-OAEP with SHA-256, by name.
  std::map<std::string, Bytes> ciphertexts;
};

/// Shares the ledger key (32 bytes) out to the recovery keys. `threshold` as in the manifest, 0 = all.
/// Errors, with the reference's messages: kInvalidArgument `recovery.threshold`, `recovery.key`.
Result<RecoverySecrets> GenerateRecovery(std::span<const RecoveryKey> keys, std::uint32_t threshold,
                                         ByteView ledger_key, Random& random);

/// Whether keys and threshold mean something else than the scheme: number, threshold or any (name, PEM text) pair. If
/// not, the secrets handed out before stay valid.
bool RecoveryChanged(const RecoveryScheme& scheme, std::span<const RecoveryKey> keys, std::uint32_t threshold);

/// The value that identifies a holder's secret in the scheme.
Sha256Digest RecoveryCommitment(ByteView secret);
/// The holder's key for drills (seal/possession.h).
PossessionKey PossessionKeyOf(ByteView secret);

Bytes EncodeRecoveryScheme(const RecoveryScheme& scheme);
/// Hostile bytes. Errors: kDataLoss `recovery.scheme`, kFailedPrecondition `recovery.version`.
Result<RecoveryScheme> DecodeRecoveryScheme(ByteView bytes);

/// Collects recovery secrets until they give the key. A wrong one is refused on arrival and changes nothing.
///
/// Not thread-safe. Hostile: the secrets.
class RecoveryCollector {
 public:
  explicit RecoveryCollector(RecoveryScheme scheme) : scheme_(std::move(scheme)) {}

  const RecoveryScheme& scheme() const { return scheme_; }

  /// Whose secret this is; it stays valid as long as the collector. Does not take it, so that a signature by the holder
  /// can be checked first. Errors: kFailedPrecondition `recovery.none` the scheme has no holders; kInvalidArgument
  /// `recovery.length`, `recovery.unknown` nobody's, `recovery.repeated` taken before (both with the reference's
  /// message), `recovery.complete` no more are needed.
  Result<const RecoveryHolder*> Identify(ByteView secret) const;

  /// Takes a secret and returns its holder. Errors as Identify.
  Result<const RecoveryHolder*> Add(ByteView secret);

  /// How many more secrets are needed; 0: Combine gives the key.
  std::size_t missing() const;
  /// What the client API reports: 0 when complete, else the number of all holders minus those that came, also with a
  /// threshold.
  std::size_t remaining() const;
  /// Names of those whose secret was taken, in order of arrival.
  std::vector<std::string> taken() const;

  /// What was taken, in order of arrival, for keeping it over a restart.
  std::vector<SecretBuffer> secrets() const;

  /// The ledger key. Errors: kFailedPrecondition `recovery.incomplete`.
  Result<SecretBuffer> Combine() const;

  /// Forgets all secrets.
  void Reset() { secrets_.clear(); }
  /// Forgets the newest secret, so that its holder may send it again.
  void ForgetNewest() {
    if (!secrets_.empty()) secrets_.pop_back();
  }

 private:
  struct Taken {
    std::size_t holder;
    SecretBuffer secret;
  };

  Result<std::size_t> Find(ByteView secret) const;

  RecoveryScheme scheme_;
  std::vector<Taken> secrets_;
};

}  // namespace steelie::seal
