#include "crypto/der_reader.h"

namespace steelie::der {
namespace {

// The length octets at the front of `data`, which they are cut off from. Nothing if they are not in shortest form or
// need more than four bytes.
std::optional<std::size_t> TakeLength(ByteView& data) {
  if (data.empty()) return std::nullopt;
  const std::uint8_t first = data[0];
  data = data.subspan(1);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7fU;
  if (count == 0 || count > 4 || count > data.size()) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = (length << 8U) | data[i];
  if (data[0] == 0 || length < 0x80) return std::nullopt;
  data = data.subspan(count);
  return length;
}

}  // namespace

ByteView DerReader::Take(std::uint8_t tag) {
  if (!ok_ || data_.empty() || data_[0] != tag) {
    ok_ = false;
    return {};
  }
  ByteView rest = data_.subspan(1);
  const auto length = TakeLength(rest);
  if (!length || *length > rest.size()) {
    ok_ = false;
    return {};
  }
  data_ = rest.subspan(*length);
  return rest.first(*length);
}

DerReader DerReader::Sequence() {
  const ByteView content = Take(kSequence);
  return {content, ok_};
}

std::uint64_t DerReader::Unsigned(std::uint8_t tag) {
  ByteView content = Take(tag);
  if (!ok_ || content.empty() || (content[0] & 0x80U) != 0) {
    ok_ = false;
    return 0;
  }
  if (content.size() > 1 && content[0] == 0) {
    if ((content[1] & 0x80U) == 0) ok_ = false;
    content = content.subspan(1);
  }
  if (content.size() > 8) ok_ = false;
  if (!ok_) return 0;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : content) value = (value << 8U) | byte;
  return value;
}

bool DerReader::Boolean() {
  const ByteView content = Take(kBoolean);
  if (!ok_ || content.size() != 1 || (content[0] != 0 && content[0] != 0xff)) {
    ok_ = false;
    return false;
  }
  return content[0] != 0;
}

Bytes OidContent(std::string_view dotted) {
  const Bytes whole = Oid(dotted);
  DerReader reader(whole);
  return ToBytes(reader.Oid());
}

}  // namespace steelie::der
