#pragma once

#include <string>

#include "base/bytes.h"

namespace steelie::manifest {

/// What identifies a manifest: lower-case hex SHA-256 of the uploaded bytes, nothing normalised.
std::string Fingerprint(ByteView document);

}  // namespace steelie::manifest
