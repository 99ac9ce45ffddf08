#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace steelie {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// Views of the same memory in the other alphabet. The only places that cast between char and byte.
ByteView AsBytes(std::string_view text);
std::string_view AsText(ByteView bytes);

inline Bytes ToBytes(ByteView view) { return Bytes(view.begin(), view.end()); }
inline Bytes ToBytes(std::string_view text) { return ToBytes(AsBytes(text)); }
inline std::string ToText(ByteView view) { return std::string(AsText(view)); }

/// Equality of public bytes. For secrets use crypto/constant_time.h.
bool PublicEqual(ByteView a, ByteView b);

/// Lower-case hex without separators.
std::string HexEncode(ByteView bytes);
/// Accepts either case; an odd count or another character is kInvalidArgument `bytes.hex`.
Result<Bytes> HexDecode(std::string_view text);

/// RFC 4648 section 4, padded, one line.
std::string Base64Encode(ByteView bytes);
/// RFC 4648 section 5, padded.
std::string Base64UrlEncode(ByteView bytes);

/// Standard alphabet, padding required; CR and LF are skipped anywhere, unused trailing bits are not checked (as Go's
/// encoding/base64 does). kInvalidArgument `bytes.base64`, with the offset of the first bad byte in the message.
Result<Bytes> Base64Decode(std::string_view text);
/// The same with the URL alphabet.
Result<Bytes> Base64UrlDecode(std::string_view text);

}  // namespace steelie
