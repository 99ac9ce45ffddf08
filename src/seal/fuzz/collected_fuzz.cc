#include "base/check.h"
#include "crypto/hash.h"
#include "seal/collected.h"

// Whatever decodes encodes to the same bytes, and opening it with any key is an error or secrets of bounded size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::seal;
  static const PlatformKey key(Bytes(32, 1));
  const auto decode = [](ByteView bytes) {
    const auto file = DecodeCollected(bytes);
    if (!file) return;
    const Bytes again = EncodeCollected(*file);
    STEELIE_CHECK(again == ToBytes(bytes) && again.size() <= kMaxCollectedFile);
    for (const Instant now : {Instant(), file->first, file->latest, file->latest + kCollectedLifetime}) {
      (void)CheckCollected(*file, file->binding, now);
    }
    if (const auto secrets = OpenCollected(*file, key); secrets) {
      for (const SecretBuffer& secret : *secrets) STEELIE_CHECK(secret.size() <= 33);
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
