#include "marble/ttls_policy.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto lines = steelie::marble::DescribeTtls({data, size})) STEELIE_CHECK(!lines->empty());
  return 0;
}
