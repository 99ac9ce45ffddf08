#include "gotemplate/float_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace steelie::gotemplate {
namespace {

std::string ToChars(double value, std::chars_format format, int precision) {
  // The longest number has 309 digits before the point, and 1074 behind it if all are asked for.
  std::string out(static_cast<std::size_t>(precision < 0 ? 1100 : precision + 400), '\0');
  char* end = out.data() + out.size();
  const auto [stop, error] = precision < 0 ? std::to_chars(out.data(), end, value, format)
                                           : std::to_chars(out.data(), end, value, format, precision);
  out.resize(static_cast<std::size_t>(stop - out.data()));
  return error == std::errc() ? out : std::string();
}

// Exponent form iff the decimal exponent is below -4 or at least the precision, which counts as 6 for the shortest
// form.
std::string General(double value, int precision) {
  if (precision >= 0) return ToChars(value, std::chars_format::general, precision);
  std::string out = ToChars(value, std::chars_format::scientific, -1);
  const std::size_t at = out.find('e');
  int exponent = 0;
  const char* digits = out.data() + at + (out[at + 1] == '+' ? 2 : 1);
  (void)std::from_chars(digits, out.data() + out.size(), exponent);
  return exponent < -4 || exponent >= 6 ? out : ToChars(value, std::chars_format::fixed, -1);
}

struct Parts {
  bool negative;
  std::uint64_t mantissa;
  int exponent;  // value = mantissa * 2^exponent
};

Parts Split(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52U) - 1);
  const int biased = static_cast<int>(bits >> 52U & 0x7ffU);
  const bool normal = biased != 0;
  return {(bits >> 63U) != 0, normal ? fraction | std::uint64_t{1} << 52U : fraction, (normal ? biased : 1) - 1075};
}

std::string BinaryExponent(double value) {
  const Parts parts = Split(value);
  return (parts.negative ? "-" : "") + std::to_string(parts.mantissa) + "p" + (parts.exponent >= 0 ? "+" : "") +
         std::to_string(parts.exponent);
}

std::string Hexadecimal(double value, int precision) {
  Parts parts = Split(value);
  int exponent = 0;
  // The leading one moves to bit 60, so that 15 digits follow it.
  if (parts.mantissa != 0) {
    const int shift = std::countl_zero(parts.mantissa) - 3;
    parts.mantissa <<= static_cast<unsigned>(shift);
    exponent = parts.exponent + 60 - shift;
  }
  if (precision >= 0 && precision < 15) {
    // Round half to even.
    const unsigned drop = 60U - 4U * static_cast<unsigned>(precision);
    const std::uint64_t extra = parts.mantissa & ((std::uint64_t{1} << drop) - 1);
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    parts.mantissa >>= drop;
    if (extra > half || (extra == half && (parts.mantissa & 1U) != 0)) ++parts.mantissa;
    parts.mantissa <<= drop;
    if ((parts.mantissa >> 61U) != 0) {
      parts.mantissa >>= 1U;
      ++exponent;
    }
  }
  std::string out = parts.negative ? "-0x" : "0x";
  out += static_cast<char>('0' + (parts.mantissa >> 60U & 1U));
  std::uint64_t rest = parts.mantissa << 4U;
  const bool any = precision < 0 ? rest != 0 : precision > 0;
  if (any) out += '.';
  for (int i = 0; precision < 0 ? rest != 0 : i < precision; ++i) {
    out += "0123456789abcdef"[rest >> 60U];
    rest <<= 4U;
  }
  const int magnitude = exponent < 0 ? -exponent : exponent;
  out += exponent < 0 ? "p-" : "p+";
  if (magnitude < 10) out += '0';
  return out + std::to_string(magnitude);
}

}  // namespace

std::string FloatText(double value, char verb, int precision) {
  const bool upper = verb >= 'A' && verb <= 'Z';
  std::string out;
  switch (upper ? verb - 'A' + 'a' : verb) {
    case 'b':
      return BinaryExponent(value);
    case 'e':
      out = ToChars(value, std::chars_format::scientific, precision);
      break;
    case 'f':
      return ToChars(value, std::chars_format::fixed, precision);
    case 'x':
      out = Hexadecimal(value, precision);
      break;
    default:
      out = General(value, precision);
      break;
  }
  if (upper) {
    for (char& c : out) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return out;
}

}  // namespace steelie::gotemplate
