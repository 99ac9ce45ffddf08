#pragma once

#include <map>
#include <memory>

#include "control/marble_data.h"

namespace steelie::control {

/// Executes every template of a deployment with stand-in values, to find mistakes when a manifest is set or secrets are
/// uploaded instead of when a marble starts.
///
/// `values` are real values where there are some: the shared generated secrets of a first manifest, or secrets being
/// uploaded. Everything else gets a stand-in: certificates are issued for a key that is made once per kind, derived
/// keys are bytes of the right number, user-defined secrets one byte.
/// Errors: those of the template with marble, file or variable in the message; `secrets.*` and `pki.profile` of
/// definitions for which no value can be made.
Status DryRun(const Deployment& deployment, const pki::Authority& authority, const SecretMap& values, Random& random,
              Instant now);
/// The same for tools that report all mistakes.
void DryRunAll(const Deployment& deployment, const pki::Authority& authority, const SecretMap& values, Random& random,
               Instant now, ValueFaults& faults);

}  // namespace steelie::control
