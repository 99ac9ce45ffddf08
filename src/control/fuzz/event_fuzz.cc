#include "base/check.h"
#include "control/event.h"
#include "control/state.h"

// Events and snapshots as the ledger returns them. What decodes must encode to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const steelie::ByteView input(data, size);
  if (const auto event = steelie::control::DecodeEvent(input)) {
    STEELIE_CHECK(steelie::PublicEqual(steelie::control::EncodeEvent(*event), input));
  }
  (void)steelie::control::DecodeState(input);
  return 0;
}
