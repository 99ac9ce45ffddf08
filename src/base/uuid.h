#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace steelie {

/// A marble's public 128-bit ID (RFC 9562). Version and variant bits carry no meaning here.
class Uuid {
 public:
  static constexpr std::size_t kSize = 16;

  /// The nil UUID.
  Uuid() = default;
  explicit Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  /// Accepts what existing marbles may send: 36 characters with dashes, the same behind `urn:uuid:` in any case, 38
  /// characters whose first and last are ignored, and 32 hex digits. Errors: kInvalidArgument `uuid.syntax`.
  static Result<Uuid> Parse(std::string_view text);
  /// A random one (version 4).
  static Uuid Generate(Random& random);

  /// Lower case with dashes.
  std::string ToString() const;
  bool IsNil() const { return *this == Uuid(); }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace steelie
