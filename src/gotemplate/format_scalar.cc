#include <algorithm>
#include <array>

#include "gotemplate/float_text.h"
#include "gotemplate/format.h"
#include "gotemplate/quote.h"
#include "gotemplate/unicode.h"

namespace steelie::gotemplate {

void Printer::Write(std::string_view text) {
  if (error_) return;
  if (text.size() > left_) {
    error_ = LimitError("the template makes too much output");
    return;
  }
  left_ -= text.size();
  written_ += text.size();
  out_->insert(out_->end(), text.begin(), text.end());
}

void Printer::Fill(char c, std::size_t count) {
  if (error_) return;
  if (count > left_) {
    error_ = LimitError("the template makes too much output");
    return;
  }
  left_ -= count;
  written_ += count;
  out_->insert(out_->end(), count, static_cast<std::uint8_t>(c));
}

void Printer::WritePadding(std::size_t count) { Fill(flags_.zero && !flags_.minus ? '0' : ' ', count); }

void Printer::Pad(std::string_view text, std::size_t characters) {
  const std::size_t padding = flags_.has_width && flags_.width > characters ? flags_.width - characters : 0;
  if (!flags_.minus) WritePadding(padding);
  Write(text);
  if (flags_.minus) WritePadding(padding);
}

void Printer::Pad(std::string_view text) {
  // Counting characters is work that only a width needs.
  Pad(text, flags_.has_width && flags_.width > 0 ? CountRunes(text) : 0);
}

std::string_view Printer::Truncate(std::string_view text) const {
  if (!flags_.has_precision) return text;
  std::size_t at = 0;
  for (std::size_t i = 0; i < flags_.precision && at < text.size(); ++i) at += DecodeRune(text.substr(at)).size;
  return text.substr(0, at);
}

void Printer::WriteInteger(std::uint64_t value, unsigned base, bool is_signed, char32_t verb, bool upper) {
  const bool negative = is_signed && static_cast<std::int64_t>(value) < 0;
  if (negative) value = ~value + 1;
  const bool zero = std::exchange(flags_.zero, false);
  if (flags_.has_precision && flags_.precision == 0 && value == 0) {
    WritePadding(flags_.has_width ? flags_.width : 0);
    flags_.zero = zero;
    return;
  }
  // Leading zeros are asked for by the precision, or by the flag together with a width.
  std::size_t wanted = flags_.has_precision ? flags_.precision : 0;
  if (!flags_.has_precision && zero && !flags_.minus && flags_.has_width) {
    wanted = flags_.width;
    if (wanted > 0 && (negative || flags_.plus || flags_.space)) --wanted;
  }
  std::array<char, 64> digits{};
  std::size_t at = digits.size();
  const std::string_view alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  do {
    digits[--at] = alphabet[value % base];
    value /= base;
  } while (value != 0);
  const std::string_view number(digits.data() + at, digits.size() - at);
  const std::size_t zeros = wanted > number.size() ? wanted - number.size() : 0;

  std::array<char, 6> prefix{};
  std::size_t prefix_size = 0;
  if (negative || flags_.plus || flags_.space) prefix[prefix_size++] = negative ? '-' : flags_.plus ? '+' : ' ';
  const auto add = [&](std::string_view text) {
    for (const char c : text) prefix[prefix_size++] = c;
  };
  if (verb == 'O') add("0o");
  if (flags_.sharp) {
    if (base == 2) add("0b");
    if (base == 8 && zeros == 0 && number[0] != '0') add("0");
    if (base == 16) add(upper ? "0X" : "0x");
  }
  const std::size_t size = prefix_size + zeros + number.size();
  const std::size_t padding = flags_.has_width && flags_.width > size ? flags_.width - size : 0;
  if (!flags_.minus) WritePadding(padding);
  Write({prefix.data(), prefix_size});
  Fill('0', zeros);
  Write(number);
  if (flags_.minus) WritePadding(padding);
  flags_.zero = zero;
}

namespace {

// The digits that `#` keeps: %#g and the like do not drop trailing zeros, and every form has a point.
std::string WithAllDigits(std::string number, char verb, int precision) {
  int digits = 0;
  if (verb == 'v' || verb == 'g' || verb == 'G' || verb == 'x') digits = precision < 0 ? 6 : precision;
  std::string tail;
  bool point = false;
  bool significant = false;
  const bool hex = verb == 'x' || verb == 'X';
  for (std::size_t i = 1; i < number.size(); ++i) {
    const char c = number[i];
    if (c == '.') {
      point = true;
    } else if (c == 'p' || c == 'P' || (!hex && (c == 'e' || c == 'E'))) {
      tail = number.substr(i);
      number.resize(i);
    } else {
      if (c != '0') significant = true;
      if (significant) --digits;
    }
  }
  if (!point) {
    if (number.size() == 2 && number[1] == '0') --digits;
    number += '.';
  }
  if (digits > 0) number.append(static_cast<std::size_t>(digits), '0');
  return number + tail;
}

}  // namespace

void Printer::WriteFloat(double value, char verb, int precision) {
  if (flags_.has_precision) {
    if (flags_.precision > left_) {
      error_ = LimitError("the template makes too much output");
      return;
    }
    precision = static_cast<int>(flags_.precision);
  }
  std::string number = FloatText(value, verb, precision);
  if (!number.starts_with('-')) number.insert(number.begin(), '+');
  if (flags_.space && number[0] == '+' && !flags_.plus) number[0] = ' ';
  if (flags_.sharp && verb != 'b') number = WithAllDigits(std::move(number), verb, precision);
  if (!flags_.plus && number[0] == '+') return Pad(std::string_view(number).substr(1), number.size() - 1);
  if (flags_.zero && !flags_.minus && flags_.has_width && flags_.width > number.size()) {
    WriteByte(number[0]);
    WritePadding(flags_.width - number.size());
    return Write(std::string_view(number).substr(1));
  }
  Pad(number, number.size());
}

void Printer::WriteHex(std::string_view bytes, bool upper) {
  if (flags_.has_precision) bytes = bytes.substr(0, flags_.precision);
  std::size_t width = 2 * bytes.size();
  if (bytes.empty()) return WritePadding(flags_.has_width ? flags_.width : 0);
  if (flags_.space) {
    if (flags_.sharp) width *= 2;
    width += bytes.size() - 1;
  } else if (flags_.sharp) {
    width += 2;
  }
  const std::size_t padding = flags_.has_width && flags_.width > width ? flags_.width - width : 0;
  if (!flags_.minus) WritePadding(padding);
  const std::string_view alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view mark = upper ? "0X" : "0x";
  if (flags_.sharp) Write(mark);
  for (std::size_t i = 0; i < bytes.size() && !error_; ++i) {
    if (flags_.space && i > 0) {
      WriteByte(' ');
      if (flags_.sharp) Write(mark);
    }
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const std::array<char, 2> digits = {alphabet[byte >> 4U], alphabet[byte & 0xfU]};
    Write({digits.data(), digits.size()});
  }
  if (flags_.minus) WritePadding(padding);
}

void Printer::WriteQuoted(std::string_view text) {
  text = Truncate(text);
  if (text.size() > left_) {
    error_ = LimitError("the template makes too much output");
    return;
  }
  SecretBuffer quoted;
  if (flags_.sharp && CanBackquote(text)) {
    quoted.push_back('`');
    quoted.insert(quoted.end(), text.begin(), text.end());
    quoted.push_back('`');
  } else {
    AppendQuoted(&quoted, text, flags_.plus);
  }
  Pad(AsText(quoted));
}

void Printer::WriteCharacter(std::uint64_t value, bool quoted) {
  const char32_t c = value > kMaxRune ? kRuneError : static_cast<char32_t>(value);
  if (!quoted) return Pad(EncodeRune(c).view(), 1);
  SecretBuffer text;
  AppendQuotedCharacter(&text, c, flags_.plus);
  Pad(AsText(text));
}

void Printer::WriteUnicode(std::uint64_t value) {
  std::array<char, 16> digits{};
  std::size_t at = digits.size();
  std::uint64_t rest = value;
  do {
    digits[--at] = "0123456789ABCDEF"[rest & 0xfU];
    rest >>= 4U;
  } while (rest != 0);
  const std::string_view number(digits.data() + at, digits.size() - at);
  const std::size_t wanted = flags_.has_precision ? std::max<std::size_t>(flags_.precision, 4) : 4;
  if (wanted > left_) {
    error_ = LimitError("the template makes too much output");
    return;
  }
  SecretBuffer text = {'U', '+'};
  if (wanted > number.size()) text.insert(text.end(), wanted - number.size(), '0');
  text.insert(text.end(), number.begin(), number.end());
  if (flags_.sharp && value <= kMaxRune && IsPrint(static_cast<char32_t>(value))) {
    const EncodedRune c = EncodeRune(static_cast<char32_t>(value));
    text.push_back(' ');
    text.push_back('\'');
    text.insert(text.end(), c.bytes.begin(), c.bytes.begin() + c.size);
    text.push_back('\'');
  }
  const bool zero = std::exchange(flags_.zero, false);
  Pad(AsText(text));
  flags_.zero = zero;
}

}  // namespace steelie::gotemplate
