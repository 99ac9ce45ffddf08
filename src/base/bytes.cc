#include "base/bytes.h"

#include <algorithm>

namespace steelie {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Encode64(ByteView in, std::string_view alphabet) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < in.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, in.size() - i);
    std::uint32_t group = std::uint32_t{in[i]} << 16U;
    if (n > 1) group |= std::uint32_t{in[i + 1]} << 8U;
    if (n > 2) group |= std::uint32_t{in[i + 2]};
    out.push_back(alphabet[(group >> 18U) & 63U]);
    out.push_back(alphabet[(group >> 12U) & 63U]);
    out.push_back(n > 1 ? alphabet[(group >> 6U) & 63U] : '=');
    out.push_back(n > 2 ? alphabet[group & 63U] : '=');
  }
  return out;
}

std::array<std::int8_t, 256> DecodeTable(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

Error BadBase64(std::size_t offset) {
  return Error(Code::kInvalidArgument, "bytes.base64", "illegal base64 data at input byte " + std::to_string(offset));
}

Result<Bytes> Decode64(std::string_view in, const std::array<std::int8_t, 256>& table) {
  Bytes out;
  out.reserve(in.size() / 4 * 3);
  std::array<std::uint8_t, 4> group{};
  std::size_t have = 0;
  std::size_t i = 0;
  const auto skip_breaks = [&] {
    while (i < in.size() && (in[i] == '\r' || in[i] == '\n')) ++i;
  };
  for (skip_breaks(); i < in.size(); skip_breaks()) {
    const char c = in[i];
    if (c == '=') {
      // Padding: only behind two or three characters of a group, and nothing but line breaks may follow.
      if (have < 2) return BadBase64(i);
      ++i;
      skip_breaks();
      if (have == 2) {
        if (i >= in.size() || in[i] != '=') return BadBase64(i);
        ++i;
        skip_breaks();
      }
      if (i < in.size()) return BadBase64(i);
      out.push_back(static_cast<std::uint8_t>((group[0] << 2U) | (group[1] >> 4U)));
      if (have == 3) out.push_back(static_cast<std::uint8_t>((group[1] << 4U) | (group[2] >> 2U)));
      return out;
    }
    const std::int8_t value = table[static_cast<std::uint8_t>(c)];
    if (value < 0) return BadBase64(i);
    group[have++] = static_cast<std::uint8_t>(value);
    ++i;
    if (have == 4) {
      out.push_back(static_cast<std::uint8_t>((group[0] << 2U) | (group[1] >> 4U)));
      out.push_back(static_cast<std::uint8_t>((group[1] << 4U) | (group[2] >> 2U)));
      out.push_back(static_cast<std::uint8_t>((group[2] << 6U) | group[3]));
      have = 0;
    }
  }
  if (have != 0) return BadBase64(in.size());
  return out;
}

}  // namespace

ByteView AsBytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string_view AsText(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool PublicEqual(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

std::string HexEncode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) {
    out.push_back(kHexDigits[b >> 4U]);
    out.push_back(kHexDigits[b & 15U]);
  }
  return out;
}

Result<Bytes> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) {
    return Error(Code::kInvalidArgument, "bytes.hex", "hex text has an odd number of digits");
  }
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) {
      return Error(Code::kInvalidArgument, "bytes.hex",
                   "not a hex digit at position " + std::to_string(high < 0 ? i : i + 1));
    }
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string Base64Encode(ByteView bytes) { return Encode64(bytes, kStandard); }

std::string Base64UrlEncode(ByteView bytes) { return Encode64(bytes, kUrl); }

Result<Bytes> Base64Decode(std::string_view text) {
  static const auto kTable = DecodeTable(kStandard);
  return Decode64(text, kTable);
}

Result<Bytes> Base64UrlDecode(std::string_view text) {
  static const auto kTable = DecodeTable(kUrl);
  return Decode64(text, kTable);
}

}  // namespace steelie
