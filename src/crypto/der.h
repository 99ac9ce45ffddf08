#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace steelie::der {

// Writes DER (ITU-T X.690). Only writing: what others send is parsed by OpenSSL. Each function returns one complete
// element; elements are nested by concatenating them into the content of another.

inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kOid = 0x06;
inline constexpr std::uint8_t kUtf8String = 0x0c;
inline constexpr std::uint8_t kPrintableString = 0x13;
inline constexpr std::uint8_t kIa5String = 0x16;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;

/// `[n]` with content of its own type (IMPLICIT, primitive) or wrapping an element (EXPLICIT, constructed).
inline constexpr std::uint8_t ContextPrimitive(unsigned n) { return static_cast<std::uint8_t>(0x80U | n); }
inline constexpr std::uint8_t ContextConstructed(unsigned n) { return static_cast<std::uint8_t>(0xa0U | n); }

Bytes Element(std::uint8_t tag, ByteView content);
Bytes Concat(std::initializer_list<ByteView> parts);
inline Bytes Sequence(std::initializer_list<ByteView> parts) { return Element(kSequence, Concat(parts)); }
/// A SET OF: the elements in DER order.
Bytes SetOf(std::vector<Bytes> elements);

Bytes Boolean(bool value);
Bytes Integer(std::uint64_t value);
/// A non-negative integer of any size, big endian.
Bytes UnsignedInteger(ByteView big_endian);
Bytes OctetString(ByteView content);
/// Whole octets.
Bytes BitString(ByteView content);
/// Named bits as X.509 key usage has them: bit 0 is the first; trailing zero bits are left out.
Bytes NamedBits(std::uint32_t bits);
Bytes Null();
/// An object identifier by its arcs; the first two arcs must be valid.
Bytes Oid(const std::vector<std::uint64_t>& arcs);
/// The same from dotted text, for identifiers of our own code.
Bytes Oid(std::string_view dotted);
/// PrintableString if the text fits one, else UTF8String.
Bytes DirectoryString(std::string_view text);
/// UTCTime for the years 1950 to 2049, else GeneralizedTime (RFC 5280 section 4.1.2.5).
Bytes Time(CertificateTime t);

/// Arcs of a dotted OID; kInvalidArgument `der.oid` if it is malformed.
Result<std::vector<std::uint64_t>> ParseOid(std::string_view dotted);

}  // namespace steelie::der
