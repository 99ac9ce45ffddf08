#include "base/check.h"
#include "ledger/sqlite/replacement.h"

// A record decodes to what encodes to it, and never names anything outside its directory.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::ledger::sqlite;
  const ByteView bytes(data, size);
  const auto record = DecodeReplacementRecord(bytes);
  if (!record) return 0;
  STEELIE_CHECK(PublicEqual(EncodeReplacementRecord(*record), bytes));
  STEELIE_CHECK(record->target.find('/') == std::string::npos && record->target.front() != '.');
  for (const std::string& name : record->others) STEELIE_CHECK(name.find('/') == std::string::npos);
  return 0;
}
