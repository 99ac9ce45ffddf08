#include "base/sip_hash.h"

#include <sys/random.h>

#include <bit>

#include "base/check.h"

namespace steelie {
namespace {

struct Lanes {
  std::uint64_t a, b, c, d;

  void Round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void Absorb(std::uint64_t word) {
    d ^= word;
    Round();
    Round();
    a ^= word;
  }
};

std::uint64_t Word(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return out;
}

}  // namespace

std::uint64_t SipHash(const std::array<std::uint64_t, 2>& key, std::string_view text) {
  Lanes v{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
          key[1] ^ 0x7465646279746573};
  const std::uint64_t length = std::uint64_t{text.size()} << 56U;
  for (; text.size() >= 8; text.remove_prefix(8)) v.Absorb(Word(text.substr(0, 8)));
  v.Absorb(length | Word(text));
  v.c ^= 0xff;
  for (int i = 0; i < 4; ++i) v.Round();
  return v.a ^ v.b ^ v.c ^ v.d;
}

std::uint64_t TableHash(std::string_view text) {
  // Not a value that anything depends on: only where in a table something lies.
  static const std::array<std::uint64_t, 2> key = [] {
    std::array<std::uint64_t, 2> made{};
    STEELIE_CHECK(::getrandom(made.data(), sizeof(made), 0) == static_cast<ssize_t>(sizeof(made)));
    return made;
  }();
  return SipHash(key, text);
}

}  // namespace steelie
