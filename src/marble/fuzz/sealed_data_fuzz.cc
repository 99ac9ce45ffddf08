#include "marble/sealed_data.h"

#include "base/check.h"

// What the host may put in the place of sealed data. Only what was sealed with the key opens, and nothing is lost.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const steelie::marble::SealKey key = *steelie::marble::SealKeyFrom(steelie::Bytes(32, 0x11));
  constexpr std::size_t kOverhead = 58;
  const auto plaintext = steelie::marble::UnsealData(key, {data, size}, {});
  if (plaintext) STEELIE_CHECK(plaintext->size() + kOverhead == size);
  // The same bytes as key material.
  if (const auto other = steelie::marble::SealKeyFrom({data, size})) STEELIE_CHECK(other->size() == 32);
  return 0;
}
