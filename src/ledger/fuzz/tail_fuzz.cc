#include "base/check.h"
#include "crypto/hash.h"
#include "ledger/sqlite/tail_file.h"

// A slot decodes to what encodes to it, or to nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::ledger::sqlite;
  const auto decode = [](ByteView slot) {
    const auto record = DecodeTailSlot(slot);
    if (record && *record) {
      const Bytes again = EncodeTailSlot(**record);
      STEELIE_CHECK(PublicEqual(ByteView(again).first(61), slot.first(61)));
    }
  };
  decode({data, size});
  Bytes summed(data, data + std::min<std::size_t>(size, 29));
  const Sha256Digest sum = Sha256(summed);
  summed.insert(summed.end(), sum.begin(), sum.end());
  decode(summed);
  return 0;
}
