#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace steelie::control {

/// Whether a Coordinator would accept a manifest, placeholders included: compiles it and executes every template with
/// stand-in values under a CA made for the purpose. For tools that check a manifest offline. Hostile: the document.
/// Errors: those of Deployment::Compile and DryRun; the message names marble, file or variable.
Status TryOut(ByteView manifest, bool lenient, Random& random, Instant now);

}  // namespace steelie::control
