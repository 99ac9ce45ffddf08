#include "base/check.h"
#include "ledger/format.h"

// Whatever decodes encodes to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::ledger;
  const ByteView bytes(data, size);
  const auto decode = [](ByteView input) {
    const auto header = DecodeHeader(input);
    if (header) STEELIE_CHECK(EncodeHeader(header->header, header->key_check) == ToBytes(input));
    return header.has_value();
  };
  decode(bytes);
  // The fuzzer does not find checksums; with a right one behind it the rest is reached.
  Bytes summed = ToBytes(bytes);
  const Sha256Digest sum = Sha256(bytes);
  summed.insert(summed.end(), sum.begin(), sum.end());
  decode(summed);
  return 0;
}
