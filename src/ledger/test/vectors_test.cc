// The test vectors of docs/formats/ledger.md, computed anew and looked up in the page.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>

#include "base/testing/result_matchers.h"
#include "ledger/format.h"
#include "ledger/sqlite/tail_file.h"

namespace steelie::ledger {
namespace {

std::string Page() {
  const char* path = std::getenv("LEDGER_FORMATS");
  std::ifstream file(path != nullptr ? path : "");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void ExpectInPage(const std::string& name, ByteView value) {
  const std::string line = "\n" + name + std::string(14 - name.size(), ' ') + HexEncode(value) + "\n";
  EXPECT_NE(Page().find(line), std::string::npos) << line;
}

template <typename Container>
Container Counting(Container container, std::uint8_t first) {
  std::iota(container.begin(), container.end(), first);
  return container;
}

TEST(LedgerVectors, AreTheDocumentedOnes) {
  Header header;
  header.id = Counting(LedgerId{}, 0xa0);
  header.recovery = ToBytes("r");
  const EpochKeys keys = DeriveEpochKeys(LedgerKey(Counting(Bytes(32), 0)), header.id, 1);
  keys.sealing.Reveal([](ByteView key) { ExpectInPage("sealing key", key); });
  ExpectInPage("key check", keys.check);
  const Bytes encoded = EncodeHeader(header, keys.check);
  ExpectInPage("header", encoded);
  ASSERT_OK_AND_ASSIGN(const StoredHeader stored, DecodeHeader(encoded));
  EXPECT_EQ(stored.header, header);
  ExpectInPage("its hash", stored.hash);

  RecordHeader record;
  record.id = header.id;
  record.sequence = 1;
  record.key_epoch = 1;
  record.nonce = Counting(XaesNonce{}, 0xc0);
  const Bytes entry = SealRecord(record, stored.hash, keys.sealing, AsBytes("first event"));
  ExpectInPage("entry", entry);
  ExpectInPage("its hash", Sha256(entry));
  EXPECT_EQ(DecodeRecordHeader(entry), record);

  record.kind = RecordKind::kSnapshot;
  record.previous = Sha256(entry);
  record.nonce = Counting(XaesNonce{}, 0xe0);
  ExpectInPage("snapshot", SealRecord(record, stored.hash, keys.sealing, AsBytes("the state")));

  const Bytes slot = sqlite::EncodeTailSlot({Counting(sqlite::StoreId{}, 0xb0), 1});
  ExpectInPage("tail slot", ByteView(slot).first(61));
}

}  // namespace
}  // namespace steelie::ledger
