#pragma once

#include <array>
#include <initializer_list>

#include "base/bytes.h"

namespace steelie {

using Sha256Digest = std::array<std::uint8_t, 32>;
using Sha384Digest = std::array<std::uint8_t, 48>;

/// FIPS 180-4. The variant with parts hashes their concatenation.
Sha256Digest Sha256(ByteView data);
Sha256Digest Sha256(std::initializer_list<ByteView> parts);
Sha384Digest Sha384(ByteView data);

/// SHA-256 of data that arrives in pieces. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Update(ByteView data);
  /// The digest; the stream must not be used afterwards.
  Sha256Digest Finish();

 private:
  void* context_;  // EVP_MD_CTX
};

}  // namespace steelie
