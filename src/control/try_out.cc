#include "control/try_out.h"

#include "control/deployment.h"
#include "control/dry_run.h"
#include "control/generate.h"

namespace steelie::control {

Status TryOut(ByteView manifest, bool lenient, Random& random, Instant now) {
  STEELIE_TRY(const std::shared_ptr<const Deployment> deployment, Deployment::Compile(ToBytes(manifest), lenient));
  STEELIE_TRY(PrivateKey root_key, PrivateKey::Generate(KeyKind::kEcP256));
  STEELIE_TRY(const pki::IntermediateInput intermediate, NewIntermediate(KeyKind::kEcP256, random));
  STEELIE_TRY(const pki::Authority authority,
              pki::Authority::Create(pki::AuthorityNames::FromList("localhost"),
                                     {std::move(root_key), random.Take<16>()}, intermediate, now));
  return DryRun(*deployment, authority, {}, random, now);
}

}  // namespace steelie::control
