#include "base/codec.h"

namespace steelie {

ByteView Reader::Take(std::size_t n) {
  if (!ok_ || n > remaining()) {
    ok_ = false;
    return {};
  }
  const ByteView out = data_.subspan(at_, n);
  at_ += n;
  return out;
}

std::uint64_t Reader::LittleEndian(std::size_t n) {
  const ByteView in = Take(n);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < in.size(); ++i) value |= std::uint64_t{in[i]} << (8U * i);
  return value;
}

bool Reader::Bool() {
  const std::uint8_t v = U8();
  if (v > 1) ok_ = false;
  return ok_ && v == 1;
}

ByteView Reader::Sized(std::size_t max) {
  const std::uint32_t n = U32();
  if (n > max) {
    ok_ = false;
    return {};
  }
  return Take(n);
}

std::uint32_t Reader::Count(std::size_t min_size, std::size_t max) {
  const std::uint32_t n = U32();
  if (!ok_ || n > max || (min_size > 0 && n > remaining() / min_size)) {
    ok_ = false;
    return 0;
  }
  return n;
}

}  // namespace steelie
