#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "crypto/openssl_util.h"

namespace steelie {

void SystemRandom::Fill(MutableByteView out) {
  while (!out.empty()) {
    const std::size_t n = std::min<std::size_t>(out.size(), 1U << 20U);
    openssl::CheckOk(RAND_priv_bytes(out.data(), static_cast<int>(n)), "RAND_priv_bytes");
    out = out.subspan(n);
  }
}

}  // namespace steelie
