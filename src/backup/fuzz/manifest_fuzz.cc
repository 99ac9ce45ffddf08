#include "backup/manifest.h"
#include "base/check.h"

// A manifest decodes to what encodes to it, and names no file but those of a backup.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  using namespace steelie::backup;
  const ByteView bytes(data, size);
  const auto manifest = DecodeBackupManifest(bytes);
  if (!manifest) return 0;
  STEELIE_CHECK(PublicEqual(EncodeBackupManifest(*manifest), bytes));
  for (const auto& part : manifest->parts) STEELIE_CHECK(part.name == kLedgerFile || part.name == kSealedFile);
  return 0;
}
