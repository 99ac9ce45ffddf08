#pragma once

#include <optional>

#include "crypto/ec_encoding.h"

namespace steelie {

/// The parts of a PKCS#10 request as marbles write it: version 0, a P-256 or P-384 key, at most one attribute, which
/// asks for extensions, and an ECDSA signature. All point into the request. For crypto/ only.
struct PlainRequest {
  ByteView info;     // what is signed
  ByteView subject;  // an encoded Name
  EcPoint key;
  std::optional<ByteView> extensions;  // an encoded Extensions
  SignatureScheme scheme;
  ByteView signature;
};

/// Splits hostile bytes. Nothing for whatever has another form, be it valid or not: OpenSSL shall judge it.
std::optional<PlainRequest> SplitPlainRequest(ByteView der);

}  // namespace steelie
