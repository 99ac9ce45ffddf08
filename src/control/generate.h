#pragma once

#include <memory>

#include "base/random.h"
#include "control/event.h"
#include "manifest/model.h"
#include "pki/leaf.h"

namespace steelie::control {

/// A new value for a generated secret: random bytes for a symmetric key, a fresh key and certificate for the others.
/// Errors: kInvalidArgument `secrets.size`, `crypto.key.size`, `pki.profile`.
Result<std::shared_ptr<const StoredSecret>> GenerateSecret(const manifest::Secret& definition,
                                                           const pki::Authority& authority, Random& random,
                                                           Instant now);

/// The same with a key that exists already, for trying out a certificate's definition cheaply.
Result<std::shared_ptr<const StoredSecret>> CertifySecret(const manifest::Secret& definition,
                                                          const pki::Authority& authority, const PrivateKey& key,
                                                          Random& random, Instant now);

/// A key of the kind a certificate secret has.
Result<PrivateKey> GenerateSecretKey(const manifest::Secret& definition);

/// Keys and serial numbers of a new intermediate CA.
Result<pki::IntermediateInput> NewIntermediate(KeyKind curve, Random& random);
IntermediateRecord RecordOf(const pki::Authority& authority);

}  // namespace steelie::control
