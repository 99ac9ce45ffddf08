#pragma once

#include "base/random.h"

namespace steelie {

/// OpenSSL's generator for secret values, seeded by the system.
class SystemRandom final : public Random {
 public:
  void Fill(MutableByteView out) override;
};

}  // namespace steelie
