#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace steelie::gotemplate {

/// The value of a number constant.
struct Number {
  enum class Kind : std::uint8_t {
    kInt,
    kFloat,
    kComplex,
    kTooLarge,  // an integer above 2^63-1: parses, but may not be evaluated
  };
  Kind kind = Kind::kInt;
  std::int64_t integer = 0;
  double real = 0;  // also the value of kFloat
  double imaginary = 0;
};

/// The value of a token that the lexer took for a number (hostile bytes), or nothing if it is malformed or too large.
/// `sum` says that it has a real and an imaginary part.
std::optional<Number> ParseNumber(std::string_view text, bool sum);

}  // namespace steelie::gotemplate
