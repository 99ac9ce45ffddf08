#pragma once

#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "manifest/problem.h"

namespace steelie::control {

/// What a Coordinator would find wrong with the placeholders of a manifest that manifest::Load accepts: compiles every
/// template and executes it with stand-in values under a CA made for the purpose. All mistakes, at most
/// manifest::kMaxProblems, one per value, in document order with positions. For tools that check a manifest offline.
/// Hostile: the document. Errors: those of Deployment::Compile about anything but a single value.
Result<std::vector<manifest::Problem>> TryOut(ByteView document, bool lenient, Random& random, Instant now);

}  // namespace steelie::control
