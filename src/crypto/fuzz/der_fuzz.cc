#include "crypto/der_reader.h"

namespace {

// Every element as whatever its tag says, and what is inside.
void Walk(steelie::der::DerReader in, steelie::ByteView bytes, int depth) {
  while (in.More() && depth < 16 && !bytes.empty()) {
    const std::uint8_t tag = bytes[0];
    if (tag == steelie::der::kInteger) {
      (void)in.Unsigned();
      return;
    }
    const steelie::ByteView content = in.Take(tag);
    if (!in.ok()) return;
    Walk(steelie::der::DerReader(content), content, depth + 1);
    bytes = {content.data() + content.size(), bytes.data() + bytes.size()};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const steelie::ByteView bytes(data, size);
  Walk(steelie::der::DerReader(bytes), bytes, 0);
  return 0;
}
