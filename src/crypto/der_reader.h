#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/der.h"

namespace steelie::der {

/// Reads DER (ITU-T X.690) strictly, element by element: definite lengths in their shortest form, one-byte tags. For
/// the small structures inside extensions whose meaning only we know; whole certificates are parsed by OpenSSL.
///
/// Hostile bytes. Like steelie::Reader it stays failed after the first failure and then yields nothing. The bytes read
/// must outlive the views returned.
class DerReader {
 public:
  explicit DerReader(ByteView data) : data_(data) {}

  bool ok() const { return ok_; }
  /// True if nothing failed and nothing is left.
  bool AtEnd() const { return ok_ && data_.empty(); }
  /// Whether another element follows.
  bool More() const { return ok_ && !data_.empty(); }

  /// Content of the next element, which must have this tag; empty after a failure.
  ByteView Take(std::uint8_t tag);
  /// Reader over the content of the next SEQUENCE.
  DerReader Sequence();
  /// Content octets of an OBJECT IDENTIFIER, for comparison with those of der::OidContent.
  ByteView Oid() { return Take(kOid); }
  ByteView OctetString() { return Take(kOctetString); }
  /// A non-negative INTEGER (or ENUMERATED, by tag) of up to 64 bits in its shortest form.
  std::uint64_t Unsigned(std::uint8_t tag = kInteger);
  /// `ff` or `00`; others fail.
  bool Boolean();
  void Fail() { ok_ = false; }

 private:
  DerReader(ByteView data, bool ok) : data_(data), ok_(ok) {}

  ByteView data_;
  bool ok_ = true;
};

inline constexpr std::uint8_t kEnumerated = 0x0a;

/// Content octets (without tag and length) of a dotted identifier of our own code.
Bytes OidContent(std::string_view dotted);

}  // namespace steelie::der
