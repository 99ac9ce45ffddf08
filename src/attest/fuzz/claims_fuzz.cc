#include "attest/claims_codec.h"
#include "base/check.h"

// Claims decode to what encodes to them, or to nothing. Those of version 1 encode to the current version: all of
// theirs, and the four parts that came later, all absent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  constexpr std::size_t kParts = 4;
  Bytes expected(data, data + size);
  const auto claims = attest::DecodeClaims(expected);
  if (!claims) return 0;
  if (expected[0] == 1) {
    expected[0] = 2;
    expected.resize(size + kParts, 0);
  }
  STEELIE_CHECK(PublicEqual(attest::EncodeClaims(*claims), expected));
  return 0;
}
