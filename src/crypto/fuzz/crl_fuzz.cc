#include "crypto/crl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto list = steelie::RevocationList::FromDer({data, size});
  if (list) {
    (void)list->IssuerDer();
    (void)list->ThisUpdate();
    (void)list->NextUpdate();
  }
  return 0;
}
