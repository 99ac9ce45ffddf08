#include "manifest/fingerprint.h"

#include "crypto/hash.h"

namespace steelie::manifest {

std::string Fingerprint(ByteView document) { return HexEncode(Sha256(document)); }

}  // namespace steelie::manifest
