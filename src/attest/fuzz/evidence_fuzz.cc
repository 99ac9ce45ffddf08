#include "attest/envelope.h"
#include "attest/sim/sim.h"
#include "base/check.h"

// What a marble may send as evidence. Whatever decodes must encode to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const steelie::ByteView input(data, size);
  (void)steelie::attest::Recognise(input);
  if (const auto envelope = steelie::attest::DecodeEnvelope(input)) {
    STEELIE_CHECK(steelie::PublicEqual(steelie::attest::EncodeEnvelope(*envelope), input));
  }
  const steelie::attest::sim::SimVerifier verifier(std::nullopt);
  STEELIE_CHECK(!verifier.Verify(input, {}).has_value());
  return 0;
}
