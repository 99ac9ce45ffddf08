#include "attest/sgx/sigstruct.h"

// Neither reads beyond its input nor finds anything outside it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelie;
  const ByteView bytes(data, size);
  (void)attest::sgx::FindSigStruct(bytes);
  for (const char* name : {".oeinfo", ".note.sgxmeta", ""}) {
    if (const auto section = attest::sgx::FindElfSection(bytes, name)) (void)attest::sgx::FindSigStruct(*section);
  }
  return 0;
}
