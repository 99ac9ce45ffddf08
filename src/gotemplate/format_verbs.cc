#include <utility>

#include "gotemplate/format.h"
#include "gotemplate/unicode.h"

namespace steelie::gotemplate {
namespace {

constexpr std::size_t kMaxBigInt = 256;  // bytes; converting to decimal takes quadratic time

bool WantsOwnText(char32_t verb) { return verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q'; }

// Types of the language itself, which have no name or methods of their own.
bool IsPlain(Type type) { return type <= Type::kBytes; }

std::string FullTypeName(const Value& value) {
  const std::string name(TypeName(value.type == Type::kList ? value.element : value.type));
  return value.type == Type::kList ? "[]" + name : name;
}

}  // namespace

Status Printer::Finish() {
  if (error_) return *error_;
  return store_.Charge(written_);
}

void Printer::Refuse(const Value& value) {
  if (!error_) {
    error_ =
        ExecutionError(std::string(DescribeType(value.type)) + " cannot be printed as a whole, name one of its fields");
  }
}

void Printer::PrintResult(const Value& value) {
  if (!value.valid()) return Write("<no value>");
  PrintArgument(value, 'v');
}

void Printer::Print(std::span<const Value> values, bool results) {
  // A missing value that is printed as a result is a string already.
  const auto is_string = [&](const Value& v) { return v.type == Type::kString || (results && !v.valid()); };
  bool string_before = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool string = is_string(values[i]);
    if (i > 0 && !string && !string_before) WriteByte(' ');
    if (results) {
      PrintResult(values[i]);
    } else {
      PrintArgument(values[i], 'v');
    }
    string_before = string;
  }
}

void Printer::PrintLine(std::span<const Value> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) WriteByte(' ');
    PrintArgument(values[i], 'v');
  }
  WriteByte('\n');
}

void Printer::PrintArgument(const Value& value, char32_t verb) {
  if (!value.valid()) {
    if (verb == 'T' || verb == 'v') return Pad("<nil>");
    return BadVerb(value, verb);
  }
  if (verb == 'T') {
    return Pad(Truncate(FullTypeName(value)));
  }
  if (verb == 'p') {
    const Kind kind = value.kind();
    if (kind != Kind::kList && kind != Kind::kMap && kind != Kind::kPointer) return BadVerb(value, verb);
    if (!error_) error_ = ExecutionError("addresses cannot be printed");
    return;
  }
  PrintValue(value, verb);
}

void Printer::PrintValue(const Value& value, char32_t verb) {
  if (error_) return;
  // %w is for errors; what has methods or parts complains as a whole.
  if (verb == 'w' && !erroring_ && !IsPlain(value.type)) return BadVerb(value, verb);
  if (value.type == Type::kBigInt) {
    if (!erroring_) return FormatBigInt(value, verb);
    return IsNil(value) && !flags_.sharp_v ? Pad("<nil>") : Refuse(value);
  }
  if (!erroring_ && !flags_.sharp_v && WantsOwnText(verb)) {
    if (const auto text = OwnText(value)) {
      // Making it is work even if a precision cuts it down to nothing.
      if (Status spent = store_.Spend(text->size() / 64); !spent) error_ = std::move(spent).error();
      return FormatText(value, *text, verb);
    }
  }
  switch (value.kind()) {
    case Kind::kInvalid:
      return Write("<nil>");
    case Kind::kBool:
      return FormatBool(value, verb);
    case Kind::kInt:
    case Kind::kUint:
      return FormatInteger(value, verb);
    case Kind::kFloat:
      return FormatFloat(value, verb);
    case Kind::kComplex:
      return FormatComplex(value, verb);
    case Kind::kString:
      return FormatText(value, value.text(), verb);
    case Kind::kList:
      return PrintList(value, verb);
    case Kind::kMap:
    case Kind::kStruct:
    case Kind::kPointer:
      return Refuse(value);
  }
}

void Printer::PrintList(const Value& value, char32_t verb) {
  if (IsByteList(value.type) && (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')) {
    return FormatText(value, value.text(), verb);
  }
  if (flags_.sharp_v) {
    Write(value.type == Type::kBytes && verb != 'w' ? "[]byte" : FullTypeName(value));
    if (IsNil(value)) return Write("(nil)");
  }
  Write(flags_.sharp_v ? "{" : "[");
  for (std::size_t i = 0; i < value.size && !error_; ++i) {
    if (i > 0) Write(flags_.sharp_v ? ", " : " ");
    const Value element = ElementAt(value, i);
    PrintValue(element, verb);
  }
  Write(flags_.sharp_v ? "}" : "]");
}

void Printer::BadVerb(const Value& value, char32_t verb) {
  erroring_ = true;
  Write("%!");
  Write(EncodeRune(verb).view());
  WriteByte('(');
  if (value.valid()) {
    Write(FullTypeName(value));
    WriteByte('=');
    PrintValue(value, 'v');
  } else {
    Write("<nil>");
  }
  WriteByte(')');
  erroring_ = false;
}

void Printer::FormatBool(const Value& value, char32_t verb) {
  if (verb != 't' && verb != 'v') return BadVerb(value, verb);
  Pad(value.flag ? "true" : "false");
}

void Printer::FormatInteger(const Value& value, char32_t verb) {
  const bool is_signed = value.kind() == Kind::kInt;
  const auto bits = static_cast<std::uint64_t>(value.integer);
  switch (verb) {
    case 'v':
      if (flags_.sharp_v && !is_signed) {
        const bool sharp = std::exchange(flags_.sharp, true);
        WriteInteger(bits, 16, false, verb, false);
        flags_.sharp = sharp;
        return;
      }
      return WriteInteger(bits, 10, is_signed, verb, false);
    case 'd':
      return WriteInteger(bits, 10, is_signed, verb, false);
    case 'b':
      return WriteInteger(bits, 2, is_signed, verb, false);
    case 'o':
    case 'O':
      return WriteInteger(bits, 8, is_signed, verb, false);
    case 'x':
    case 'X':
      return WriteInteger(bits, 16, is_signed, verb, verb == 'X');
    case 'c':
    case 'q':
      return WriteCharacter(bits, verb == 'q');
    case 'U':
      return WriteUnicode(bits);
    default:
      return BadVerb(value, verb);
  }
}

void Printer::FormatFloat(const Value& value, char32_t verb) {
  switch (verb) {
    case 'v':
      return WriteFloat(value.real, 'g', -1);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return WriteFloat(value.real, static_cast<char>(verb), -1);
    case 'e':
    case 'E':
    case 'f':
      return WriteFloat(value.real, static_cast<char>(verb), 6);
    case 'F':
      return WriteFloat(value.real, 'f', 6);
    default:
      return BadVerb(value, verb);
  }
}

void Printer::FormatComplex(const Value& value, char32_t verb) {
  if (verb > 0x7f || std::string_view("vbgGxXfFeE").find(static_cast<char>(verb)) == std::string_view::npos) {
    return BadVerb(value, verb);
  }
  const bool plus = flags_.plus;
  WriteByte('(');
  FormatFloat(Value::Float(value.real), verb);
  flags_.plus = true;  // the imaginary part always has a sign
  FormatFloat(Value::Float(value.imaginary), verb);
  Write("i)");
  flags_.plus = plus;
}

void Printer::FormatText(const Value& value, std::string_view text, char32_t verb) {
  switch (verb) {
    case 'v':
      return flags_.sharp_v ? WriteQuoted(text) : Pad(Truncate(text));
    case 's':
      return Pad(Truncate(text));
    case 'x':
    case 'X':
      return WriteHex(text, verb == 'X');
    case 'q':
      return WriteQuoted(text);
    default:
      return BadVerb(value, verb);
  }
}

void Printer::FormatBigInt(const Value& value, char32_t verb) {
  unsigned base = 10;
  bool known = verb == 'd' || verb == 's' || verb == 'v';
  if (verb == 'b') base = 2;
  if (verb == 'o' || verb == 'O') base = 8;
  if (verb == 'x' || verb == 'X') base = 16;
  known = known || base != 10;
  if (value.size > kMaxBigInt) {
    if (!error_) error_ = LimitError("the number is too large to be printed");
    return;
  }
  std::string digits = DigitsOf(value.bytes(), base);
  if (!known) {
    Write("%!");
    Write(EncodeRune(verb).view());
    Write("(big.Int=");
    if (IsNil(value)) {
      Write("<nil>");
    } else {
      if (value.flag) WriteByte('-');
      Write(digits);
    }
    return Write(")");
  }
  if (IsNil(value)) return Write("<nil>");
  std::string prefix;
  const bool plus = flags_.plus || flags_.plus_v;
  if (value.flag || plus || flags_.space) prefix = value.flag ? "-" : plus ? "+" : " ";
  if (verb == 'O') prefix += "0o";
  if ((flags_.sharp || flags_.sharp_v) && base != 10 && verb != 'O') {
    prefix += base == 2 ? "0b" : base == 8 ? "0" : verb == 'X' ? "0X" : "0x";
  }
  if (verb == 'X') {
    for (char& c : digits) {
      if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  std::size_t zeros = 0;
  if (flags_.has_precision) {
    if (digits == "0" && flags_.precision == 0) return;
    if (digits.size() < flags_.precision) zeros = flags_.precision - digits.size();
  }
  const std::size_t size = prefix.size() + zeros + digits.size();
  std::size_t padding = flags_.has_width && flags_.width > size ? flags_.width - size : 0;
  if (!flags_.minus && flags_.zero && !flags_.has_precision) zeros = std::exchange(padding, 0);
  if (!flags_.minus) Fill(' ', padding);
  Write(prefix);
  Fill('0', zeros);
  Write(digits);
  if (flags_.minus) Fill(' ', padding);
}

std::string DigitsOf(ByteView magnitude, unsigned base) {
  std::string out;
  Bytes rest = ToBytes(magnitude);
  std::size_t start = 0;
  for (;;) {
    while (start < rest.size() && rest[start] == 0) ++start;
    if (start >= rest.size()) break;
    unsigned remainder = 0;
    for (std::size_t i = start; i < rest.size(); ++i) {
      const unsigned part = remainder << 8U | rest[i];
      rest[i] = static_cast<std::uint8_t>(part / base);
      remainder = part % base;
    }
    out.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[remainder]);
  }
  if (out.empty()) out = "0";
  return {out.rbegin(), out.rend()};
}

}  // namespace steelie::gotemplate
