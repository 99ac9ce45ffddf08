#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gotemplate/store.h"

namespace steelie::gotemplate {

/// Prints values the way Go's fmt package does, appending to a buffer of wiped memory. Once per piece of output:
/// construct, print, Finish.
///
/// Text and padding go straight to the buffer; the digits of single bytes pass through the stack, which is not wiped.
///
/// What it refuses: dumps of whole structures (the root, a secret, a certificate, ...) and addresses. Hostile input:
/// formats and values; what is written is bounded by what the store may still be charged.
class Printer {
 public:
  Printer(Store& store, SecretBuffer* out) : store_(store), out_(out), left_(store.left()) {}

  /// As an action prints its value: "no value" is `<no value>`.
  void PrintResult(const Value& value);
  /// Operands with a space where two that are no strings meet; with `results`, nil is written as in PrintResult.
  void Print(std::span<const Value> values, bool results);
  void PrintLine(std::span<const Value> values);
  void PrintFormatted(std::string_view format, std::span<const Value> values);

  /// Writes text that needs no formatting.
  void Write(std::string_view text);
  void WriteByte(char c) { Write({&c, 1}); }

  /// Charges the store for what has been written. The first thing that went wrong, if any.
  Status Finish();

 private:
  struct Flags {
    bool has_width = false;
    bool has_precision = false;
    bool minus = false;
    bool plus = false;
    bool sharp = false;
    bool space = false;
    bool zero = false;
    bool plus_v = false;
    bool sharp_v = false;
    std::size_t width = 0;
    std::size_t precision = 0;
  };
  struct FormatState;

  // Verbs.
  void PrintArgument(const Value& value, char32_t verb);
  void PrintValue(const Value& value, char32_t verb);
  void PrintList(const Value& value, char32_t verb);
  void BadVerb(const Value& value, char32_t verb);
  void FormatBool(const Value& value, char32_t verb);
  void FormatInteger(const Value& value, char32_t verb);
  void FormatFloat(const Value& value, char32_t verb);
  void FormatComplex(const Value& value, char32_t verb);
  void FormatText(const Value& value, std::string_view text, char32_t verb);
  void FormatBigInt(const Value& value, char32_t verb);
  void Refuse(const Value& value);

  // Printf's own syntax.
  void TakeFlags(FormatState* state);
  void TakeWidth(FormatState* state);
  void TakePrecision(FormatState* state);
  void TakeArgumentNumber(FormatState* state);
  bool PrintOne(FormatState* state);
  void WriteBad(char32_t verb, std::string_view what);
  void WriteExtra(std::span<const Value> values);

  // Padding and the forms of scalars.
  void Fill(char c, std::size_t count);
  void WritePadding(std::size_t count);
  void Pad(std::string_view text, std::size_t characters);
  void Pad(std::string_view text);
  void WriteInteger(std::uint64_t value, unsigned base, bool is_signed, char32_t verb, bool upper);
  void WriteFloat(double value, char verb, int precision);
  void WriteHex(std::string_view bytes, bool upper);
  void WriteQuoted(std::string_view text);
  void WriteUnicode(std::uint64_t value);
  void WriteCharacter(std::uint64_t value, bool quoted);
  std::string_view Truncate(std::string_view text) const;

  Store& store_;
  SecretBuffer* out_;
  std::size_t left_;
  std::size_t written_ = 0;
  Flags flags_;
  bool erroring_ = false;  // inside the complaint about a bad verb
  std::optional<Error> error_;
};

/// The text that a type with a text form of its own prints as, or nothing for other types.
std::optional<std::string> OwnText(const Value& value);

/// Decimal digits (or those of another base, lower case) of a big-endian magnitude.
std::string DigitsOf(ByteView magnitude, unsigned base);

}  // namespace steelie::gotemplate
