#include "base/check.h"
#include "seal/recovery.h"

// Whatever decodes encodes to the same bytes, and a collector for it refuses what it does not know.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::seal;
  const ByteView bytes(data, size);
  const auto scheme = DecodeRecoveryScheme(bytes);
  if (!scheme) return 0;
  STEELIE_CHECK(EncodeRecoveryScheme(*scheme) == ToBytes(bytes));
  RecoveryCollector collector(*scheme);
  STEELIE_CHECK(!collector.Add(Bytes(32, 1)) && !collector.Add(Bytes(33, 1)) && !collector.Add({}));
  STEELIE_CHECK(!collector.Combine());
  return 0;
}
