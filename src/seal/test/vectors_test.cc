// The test vectors of docs/formats/ledger.md that are seal/'s, computed anew and looked up in the page.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>

#include "seal/key_file.h"
#include "seal/recovery.h"

namespace steelie::seal {
namespace {

template <typename Container>
Container Counting(Container container, std::uint8_t first) {
  std::iota(container.begin(), container.end(), first);
  return container;
}

class CountingRandom final : public Random {
 public:
  void Fill(MutableByteView out) override { std::iota(out.begin(), out.end(), std::uint8_t{0xd0}); }
};

void ExpectInPage(const std::string& name, ByteView value) {
  const char* path = std::getenv("LEDGER_FORMATS");
  std::ifstream file(path != nullptr ? path : "");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string line = "\n" + name + std::string(14 - name.size(), ' ') + HexEncode(value) + "\n";
  EXPECT_NE(page.find(line), std::string::npos) << line;
}

TEST(SealVectors, AreTheDocumentedOnes) {
  const Bytes ledger_key = Counting(Bytes(32), 0);
  CountingRandom random;
  KeyFile file;
  file.ledger_id = Counting(file.ledger_id, 0xa0);
  file.keys.push_back(
      Wrap(file.ledger_id, false, 1, PlatformKey(Counting(Bytes(32), 0x40)), ToBytes("info"), ledger_key, random));
  ExpectInPage("key file", EncodeKeyFile(file));
  ExpectInPage("commitment", RecoveryCommitment(ledger_key));
  ExpectInPage("possession", PossessionKeyOf(ledger_key));
}

}  // namespace
}  // namespace steelie::seal
