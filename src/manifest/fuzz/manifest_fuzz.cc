#include "base/check.h"
#include "manifest/check.h"
#include "manifest/roles.h"
#include "manifest/update.h"

// Whatever arrives: a manifest or reasons why not, each with its place; and what is derived from it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie::manifest;
  const steelie::ByteView document(data, size);
  for (const bool lenient : {false, true}) {
    const Outcome parsed = Parse(document, {.lenient = lenient});
    const Outcome loaded = Load(document, {.lenient = lenient});
    STEELIE_CHECK(parsed.manifest.has_value() == parsed.errors.empty());
    STEELIE_CHECK(loaded.manifest.has_value() == loaded.errors.empty());
    STEELIE_CHECK(parsed.manifest || !loaded.manifest);
    for (const Problem& p : loaded.errors) STEELIE_CHECK(p.line > 0 && p.column > 0 && !p.reason.empty());
    if (!parsed.manifest) continue;
    (void)ResolvePermissions(*parsed.manifest);
    (void)IsPackageOnly(*parsed.manifest);
    (void)CheckPackageUpdate(*parsed.manifest, parsed.manifest->packages);
    STEELIE_CHECK(!RecoveryChanged(*parsed.manifest, *parsed.manifest));
  }
  return 0;
}
