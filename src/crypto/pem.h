#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "secret/wipe.h"

namespace steelie {

/// One block: `-----BEGIN label-----`, base64 in lines of 64, `-----END label-----`, each line ended by LF.
std::string PemEncode(std::string_view label, ByteView der);
/// The same for a private key.
SecretBuffer PemEncodeSecret(std::string_view label, ByteView der);

struct PemBlock {
  std::string label;
  SecretBuffer bytes;
};

/// All blocks of a text (hostile bytes), in order; text around them is skipped, headers inside a block (RFC 1421) too.
/// A block that does not decode is skipped like text. Empty if there is none.
std::vector<PemBlock> PemDecode(std::string_view text);

}  // namespace steelie
