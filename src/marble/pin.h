#pragma once

#include "crypto/x509.h"
#include "marble/parameters.h"

namespace steelie::marble {

/// Whether the activation was answered by the Coordinator whose root certificate is `root`.
///
/// The response must name that very root; its intermediate certificate must be a CA signed by the root; the
/// connection's server must hold the intermediate's key (`server` is what it proved in the handshake); and the marble's
/// own certificate must be by the intermediate. A stranger in between can copy the certificates but not hold the key.
///
/// Errors: kUnauthenticated `marble.pin` says which of these does not hold.
Status CheckCoordinator(const Certificate& root, const Certificate& server, const Parameters& parameters);

}  // namespace steelie::marble
