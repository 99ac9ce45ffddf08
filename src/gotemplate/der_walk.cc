#include "gotemplate/der_walk.h"

namespace steelie::gotemplate {

DerWalk::Element DerWalk::Next() {
  const ByteView all = rest_;
  rest_ = {};
  if (all.size() < 2) return {};
  std::size_t header = 2;
  std::size_t length = all[1];
  if (length >= 0x80) {
    const std::size_t count = length & 0x7fU;
    if (count == 0 || count > 4 || all.size() < 2 + count) return {};
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | all[2 + i];
    header += count;
  }
  if (length > all.size() - header) return {};
  rest_ = all.subspan(header + length);
  return {all[0], all.subspan(header, length), all.first(header + length)};
}

std::optional<DerWalk::Element> DerWalk::Take(std::uint8_t tag) {
  if (rest_.empty() || rest_[0] != tag) return std::nullopt;
  return Next();
}

std::string OidText(ByteView content) {
  std::string out;
  std::uint64_t arc = 0;
  bool first = true;
  for (const std::uint8_t byte : content) {
    arc = arc << 7U | (byte & 0x7fU);
    if ((byte & 0x80U) != 0) continue;
    if (first) {
      const std::uint64_t head = arc < 80 ? arc / 40 : 2;
      out = std::to_string(head) + "." + std::to_string(arc - head * 40);
      first = false;
    } else {
      out += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return out;
}

}  // namespace steelie::gotemplate
