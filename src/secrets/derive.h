#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "base/uuid.h"
#include "secret/secret.h"

namespace steelie::secrets {

struct RootSecretTag;
/// The deployment's 32-byte master secret. Every derived key comes from it.
using RootSecret = Secret<RootSecretTag>;

struct DerivedKeyTag;
/// A key that a marble receives.
using DerivedKey = Secret<DerivedKeyTag>;

inline constexpr std::size_t kRootSecretSize = 32;
inline constexpr std::size_t kSealKeySize = 32;

RootSecret GenerateRootSecret(Random& random);

/// Whom a per-marble key is for. Injective: two different principals never get the same key
/// (docs/formats/derivation.md).
struct Principal {
  Uuid uuid;
  std::string_view marble_type;
  /// The manifest's DisableSecretBinding: the type does not enter, so marbles of several types share by their UUID.
  bool bind_type = true;
};

/// The value of a per-marble symmetric secret. `size` is in bytes; a shorter key is a prefix of a longer one.
/// Errors: kInvalidArgument `secrets.size` for 0 or more than 8160 bytes.
Result<DerivedKey> DeriveMarbleKey(const RootSecret& root, const Principal& principal, std::string_view secret_name,
                                   std::size_t size);

/// The virtual sealing key of the earliest manifests (`$$seal_key`): 32 bytes per principal, on any host.
DerivedKey DeriveSealKey(const RootSecret& root, const Principal& principal);

}  // namespace steelie::secrets
