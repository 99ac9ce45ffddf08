#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace steelie::gotemplate {

/// Steps through the elements of DER that has been accepted as a certificate before, to name its parts. Bounds are
/// checked all the same: whatever does not fit ends the walk.
class DerWalk {
 public:
  struct Element {
    std::uint8_t tag = 0;
    ByteView content;
    ByteView whole;  // with tag and length
  };

  explicit DerWalk(ByteView data) : rest_(data) {}

  /// The next element; tag 0 and empty if there is none.
  Element Next();
  /// The next element if it has the tag, else nothing is taken.
  std::optional<Element> Take(std::uint8_t tag);
  bool AtEnd() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

/// Dotted form of an object identifier's content.
std::string OidText(ByteView content);

}  // namespace steelie::gotemplate
