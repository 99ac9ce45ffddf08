#pragma once

#include "session.h"

namespace steelie::cli {

/// Sends a recovery secret with its signature, and prints what is still needed. A plain secret is encrypted to the
/// Coordinator itself, so that it passes no proxy in the clear; what is no plain secret is sent as it is.
Result<int> UploadRecovery(const Program& program, const Session& session, ByteView secret, ByteView signature);

}  // namespace steelie::cli
