#include "backup/frame.h"
#include "base/check.h"

// The first byte chooses the decoder; whatever decodes, encodes to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::backup;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      if (const auto header = DecodeFrameHeader(bytes)) STEELIE_CHECK(header->size <= kMaxFrame);
      break;
    case 1:
      if (const auto progress = DecodeProgress(bytes)) STEELIE_CHECK(PublicEqual(EncodeProgress(*progress), bytes));
      break;
    case 2:
      if (const auto refusal = DecodeRefusal(bytes)) STEELIE_CHECK(PublicEqual(EncodeRefusal(*refusal), bytes));
      break;
    default:
      if (const auto end = DecodeEnd(bytes)) STEELIE_CHECK(PublicEqual(EncodeEnd(*end), bytes));
  }
  return 0;
}
