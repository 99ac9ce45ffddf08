#include "attest/claims_codec.h"
#include "base/check.h"

// Claims decode to what encodes to them, or to nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  const ByteView bytes(data, size);
  const auto claims = attest::DecodeClaims(bytes);
  if (claims) STEELIE_CHECK(PublicEqual(attest::EncodeClaims(*claims), bytes));
  return 0;
}
