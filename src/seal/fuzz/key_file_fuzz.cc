#include "base/check.h"
#include "crypto/hash.h"
#include "seal/key_file.h"

// Whatever decodes encodes to the same bytes, and unwrapping it with any key is an error or 32 bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::seal;
  static const PlatformKey key(Bytes(32, 1));
  const auto decode = [](ByteView bytes) {
    const auto file = DecodeKeyFile(bytes);
    if (!file) return;
    STEELIE_CHECK(EncodeKeyFile(*file) == ToBytes(bytes));
    for (const WrappedKey& wrapped : file->keys) {
      const auto unwrapped = Unwrap(*file, wrapped, key);
      STEELIE_CHECK(unwrapped ? unwrapped->size() == 32 : unwrapped.error().reason() == "seal.unwrap");
    }
  };
  const ByteView bytes(data, size);
  decode(bytes);
  // The fuzzer does not find checksums; with a right one behind it the rest is reached.
  Bytes summed = ToBytes(bytes);
  const Sha256Digest sum = Sha256(bytes);
  summed.insert(summed.end(), sum.begin(), sum.end());
  decode(summed);
  return 0;
}
