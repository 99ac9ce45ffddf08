#pragma once

#include "base/bytes.h"
#include "secret/secret.h"

namespace steelie {

/// Equality whose duration depends on the lengths only. Different lengths are unequal.
bool ConstantTimeEqual(ByteView a, ByteView b);

template <typename Tag>
bool ConstantTimeEqual(const Secret<Tag>& a, const Secret<Tag>& b) {
  return a.Reveal([&](ByteView x) { return b.Reveal([&](ByteView y) { return ConstantTimeEqual(x, y); }); });
}

}  // namespace steelie
