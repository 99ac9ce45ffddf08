#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key.h"
#include "seal/recovery.h"
#include "secret/wipe.h"

namespace steelie::seal {

// Recovery drills: a holder proves that they have their recovery secret and their recovery key, without revealing
// anything that helps to recover. docs/adr/0014-recovery-drills.md says what each party learns.

inline constexpr std::size_t kDrillChallengeSize = 32;

struct PossessionProof {
  PossessionKey key{};  // says whose secret it is
  Bytes by_secret;      // signature of the challenge by the key derived from the secret
  Bytes by_holder;      // and by the recovery key
};

/// What both signatures are over. It can be no recovery secret, which is what the recovery key signs otherwise: those
/// are shorter.
Bytes PossessionMessage(ByteView challenge, const PossessionKey& key);

/// Signs with the recovery key, which may be in a token: RSASSA-PKCS1-v1_5 with SHA-256.
using SignByHolder = std::function<Result<Bytes>(ByteView message)>;

/// The holder's side. Errors: kInvalidArgument `possession.challenge` of another size; `possession.secret` not the size
/// of a recovery secret; those of `sign`.
Result<PossessionProof> ProvePossession(ByteView secret, const SignByHolder& sign, ByteView challenge);

/// The Coordinator's side. Hostile: the proof. The holder stays valid as long as the scheme.
/// Errors: kFailedPrecondition `drill.none` the scheme has no holders; kInvalidArgument `drill.unknown` the secret is
/// nobody's, `drill.proof` the signature by the secret, `drill.signature` the one by the recovery key is wrong.
Result<const RecoveryHolder*> CheckPossession(const RecoveryScheme& scheme, ByteView challenge,
                                              const PossessionProof& proof);

}  // namespace steelie::seal
