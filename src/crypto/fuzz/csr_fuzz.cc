#include "crypto/x509.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)steelie::CertificateRequest::ParseAndVerify({data, size});
  return 0;
}
