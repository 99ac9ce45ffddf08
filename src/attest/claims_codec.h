#pragma once

#include <optional>

#include "attest/claims.h"

namespace steelie::attest {

/// Claims as recorded with an activation, so that a later manifest can be tried on them. Without the report data, which
/// binds to a connection that is long over.
///
/// Thread-safe. docs/formats/evidence.md, "Recorded claims".
Bytes EncodeClaims(const Claims& claims);

/// Nothing for bytes (hostile) that are no claims, or those of a newer program. The report data is zero.
std::optional<Claims> DecodeClaims(ByteView bytes);

}  // namespace steelie::attest
