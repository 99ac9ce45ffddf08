#include "base/check.h"
#include "ledger/format.h"

// A record that decodes either opens, or fails with an error; nothing but what was sealed opens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::ledger;
  const ByteView bytes(data, size);
  const auto record = DecodeRecordHeader(bytes);
  if (!record) {
    STEELIE_CHECK(record.error().reason() == "ledger.corrupt" || record.error().reason() == "ledger.version");
    return 0;
  }
  STEELIE_CHECK(size >= kRecordHeaderSize + kAeadTagSize && record->sequence != 0);
  static const EpochKeys keys = DeriveEpochKeys(LedgerKey(Bytes(32, 1)), {}, 1);
  const auto opened = OpenRecord(bytes, record->nonce, {}, keys.sealing);
  if (opened) {
    // What decodes is all there is in the clear: sealing the same again gives the same bytes.
    STEELIE_CHECK(SealRecord(*record, {}, keys.sealing, *opened) == ToBytes(bytes));
  }
  return 0;
}
