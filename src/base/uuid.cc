#include "base/uuid.h"

#include <algorithm>

#include "base/bytes.h"

namespace steelie {
namespace {

constexpr std::string_view kUrnPrefix = "urn:uuid:";

bool HasPrefixAnyCase(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::ranges::equal(text.substr(0, lower_prefix.size()), lower_prefix,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

Error BadUuid(std::string_view why) {
  return Error(Code::kInvalidArgument, "uuid.syntax",
               "invalid UUID: " + std::string(why) + ", expected for instance 00112233-4455-4677-8899-aabbccddeeff");
}

}  // namespace

Result<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() == kUrnPrefix.size() + 36) {
    if (!HasPrefixAnyCase(text, kUrnPrefix)) return BadUuid("prefix is not urn:uuid:");
    text.remove_prefix(kUrnPrefix.size());
  } else if (text.size() == 38) {
    text = text.substr(1, 36);
  }
  std::string digits;
  if (text.size() == 36) {
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return BadUuid("dashes are misplaced");
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i != 8 && i != 13 && i != 18 && i != 23) digits.push_back(text[i]);
    }
  } else if (text.size() == 32) {
    digits = text;
  } else {
    return BadUuid("length is " + std::to_string(text.size()));
  }
  const Result<Bytes> raw = HexDecode(digits);
  if (!raw) return BadUuid("not hexadecimal");
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(*raw, bytes.begin());
  return Uuid(bytes);
}

Uuid Uuid::Generate(Random& random) {
  auto bytes = random.Take<16>();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  std::string hex = HexEncode(bytes_);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace steelie
