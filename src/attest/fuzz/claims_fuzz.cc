#include "attest/claims_codec.h"
#include "base/check.h"

// Claims decode to what encodes to them, or to nothing. Those of version 1 are written anew in the current one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  const ByteView bytes(data, size);
  const auto claims = attest::DecodeClaims(bytes);
  if (!claims) return 0;
  const Bytes again = attest::EncodeClaims(*claims);
  STEELIE_CHECK(bytes[0] == 1 || PublicEqual(again, bytes));
  STEELIE_CHECK(attest::DecodeClaims(again) == claims);
  return 0;
}
