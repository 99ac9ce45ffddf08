#include "gotemplate/builtins.h"

#include "gotemplate/fields.h"
#include "gotemplate/format.h"
#include "gotemplate/unicode.h"

namespace steelie::gotemplate {
namespace {

const SecretValue kEmptySecret;

std::size_t LengthOf(Store& store, const Value& value) {
  return value.kind() == Kind::kMap ? store.Names(value.generation).size() : value.size;
}

bool HasLength(Kind kind) { return kind == Kind::kString || kind == Kind::kList || kind == Kind::kMap; }

// Without the index: it may be a byte of a secret.
Error OutOfRange() { return ExecutionError("index out of range"); }

// An integer of any kind from 0 to `limit`.
Result<std::size_t> Position(const Value& value, std::size_t limit) {
  if (value.kind() != Kind::kInt && value.kind() != Kind::kUint) {
    return ExecutionError("cannot index a list with " + std::string(DescribeType(value.type)));
  }
  if (value.integer < 0 || static_cast<std::uint64_t>(value.integer) > limit) {
    return OutOfRange();
  }
  return static_cast<std::size_t>(value.integer);
}

Result<Value> Length(Store& store, const Value& value) {
  if (!HasLength(value.kind())) return ExecutionError(std::string(DescribeType(value.type)) + " has no length");
  return Value::Int(static_cast<std::int64_t>(LengthOf(store, value)));
}

Result<Value> Index(Store& store, std::span<const Value> arguments) {
  Value item = arguments[0];
  if (!item.valid()) return ExecutionError("index of a missing value");
  for (const Value& index : arguments.subspan(1)) {
    switch (item.kind()) {
      case Kind::kString:
      case Kind::kList: {
        STEELIE_TRY(const std::size_t at, Position(index, item.size));
        if (at == item.size) return OutOfRange();
        item = ElementAt(item, at);
        break;
      }
      case Kind::kMap: {
        if (index.type != Type::kString) {
          return ExecutionError("a secret's name must be a string, not " + std::string(DescribeType(index.type)));
        }
        // A name that is not there gives an empty secret, not "no value".
        item = FindSecret(store, item.generation, index.text());
        if (!item.valid()) item = Value::OfSecret(kEmptySecret);
        break;
      }
      default:
        return ExecutionError("cannot index " + std::string(DescribeType(item.type)));
    }
  }
  return item;
}

Result<Value> Slice(std::span<const Value> arguments) {
  Value item = arguments[0];
  const std::span<const Value> indexes = arguments.subspan(1);
  const bool is_string = item.kind() == Kind::kString;
  if (!is_string && item.kind() != Kind::kList) {
    return ExecutionError("cannot slice " + std::string(DescribeType(item.type)));
  }
  if (indexes.size() > 3) return ExecutionError("too many slice indexes");
  if (is_string && indexes.size() == 3) return ExecutionError("a string takes at most two slice indexes");
  // Lists reach as far as the list they were cut from.
  const std::size_t limit = is_string ? item.size : item.capacity;
  std::size_t bounds[3] = {0, item.size, limit};
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    STEELIE_TRY(bounds[i], Position(indexes[i], limit));
  }
  if (bounds[0] > bounds[1] || bounds[1] > bounds[2]) return ExecutionError("slice indexes are out of order");
  if (item.type == Type::kList) {
    if (item.object != nullptr) item.object = item.elements() + bounds[0];
  } else if (item.data != nullptr) {
    item.data += bounds[0];
  }
  item.size = bounds[1] - bounds[0];
  item.capacity = bounds[2] - bounds[0];
  return item;
}

std::string_view HtmlEscape(char c) {
  switch (c) {
    case '\0':
      return "\xef\xbf\xbd";
    case '"':
      return "&#34;";
    case '\'':
      return "&#39;";
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return {};
  }
}

void WriteHtml(Printer* out, std::string_view text) {
  for (const char c : text) {
    const std::string_view escape = HtmlEscape(c);
    if (escape.empty()) {
      out->WriteByte(c);
    } else {
      out->Write(escape);
    }
  }
}

void WriteHexDigits(Printer* out, char32_t value, unsigned digits) {
  for (unsigned i = digits; i > 0; --i) out->WriteByte("0123456789ABCDEF"[value >> (4U * (i - 1)) & 0xfU]);
}

void WriteJs(Printer* out, std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    const char c = text[0];
    if (c == '\\' || c == '\'' || c == '"') {
      out->WriteByte('\\');
      out->WriteByte(c);
    } else if (rune.value < ' ' || c == '<' || c == '>' || c == '&' || c == '=') {
      out->Write("\\u");
      WriteHexDigits(out, rune.value, 4);
    } else if (rune.value < 0x80 || IsPrint(rune.value)) {
      out->Write(text.substr(0, rune.size));
    } else {
      out->Write("\\u");
      WriteHexDigits(out, rune.value, rune.value < 0x10000 ? 4 : rune.value < 0x100000 ? 5 : 6);
    }
    text.remove_prefix(rune.size);
  }
}

void WriteUrlQuery(Printer* out, std::string_view text) {
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out->WriteByte(c);
    } else if (c == ' ') {
      out->WriteByte('+');
    } else {
      out->WriteByte('%');
      WriteHexDigits(out, static_cast<std::uint8_t>(c), 2);
    }
  }
}

Result<Value> Escape(Store& store, Function function, std::span<const Value> arguments) {
  SecretBuffer text;
  Printer plain(store, &text);
  plain.Print(arguments, /*results=*/true);
  STEELIE_CHECK_OK(plain.Finish());
  SecretBuffer escaped;
  Printer out(store, &escaped);
  if (function == Function::kHtml) WriteHtml(&out, AsText(text));
  if (function == Function::kJs) WriteJs(&out, AsText(text));
  if (function == Function::kUrlquery) WriteUrlQuery(&out, AsText(text));
  STEELIE_CHECK_OK(out.Finish());
  return store.Keep(std::move(escaped));
}

Result<Value> PrintFamily(Store& store, Function function, std::span<const Value> arguments) {
  SecretBuffer text;
  Printer out(store, &text);
  if (function == Function::kPrint) {
    out.Print(arguments, /*results=*/false);
  } else if (function == Function::kPrintln) {
    out.PrintLine(arguments);
  } else {
    if (arguments[0].type != Type::kString) return ExecutionError("the format of printf must be a string");
    out.PrintFormatted(arguments[0].text(), arguments.subspan(1));
  }
  STEELIE_CHECK_OK(out.Finish());
  return store.Keep(std::move(text));
}

Value AndOr(Store& store, Function function, std::span<const Value> arguments) {
  for (const Value& value : arguments) {
    if (IsTrue(store, value) == (function == Function::kOr)) return value;
  }
  return arguments.back();
}

}  // namespace

bool IsTrue(Store& store, const Value& value) {
  switch (value.kind()) {
    case Kind::kInvalid:
      return false;
    case Kind::kBool:
      return value.flag;
    case Kind::kInt:
    case Kind::kUint:
      return value.integer != 0;
    case Kind::kFloat:
      return value.real != 0;
    case Kind::kComplex:
      return value.real != 0 || value.imaginary != 0;
    case Kind::kString:
    case Kind::kList:
    case Kind::kMap:
      return LengthOf(store, value) > 0;
    case Kind::kPointer:
      return !IsNil(value);
    case Kind::kStruct:
      return true;
  }
  return false;
}

Result<Value> CallFunction(Store& store, Function function, std::span<const Value> arguments) {
  switch (function) {
    case Function::kAnd:
    case Function::kOr:
      return AndOr(store, function, arguments);
    case Function::kCall:
      return ExecutionError("call needs a function value, and there is none");
    case Function::kEq:
    case Function::kGe:
    case Function::kGt:
    case Function::kLe:
    case Function::kLt:
    case Function::kNe:
      return CallComparison(store, function, arguments);
    case Function::kHtml:
    case Function::kJs:
    case Function::kUrlquery:
      return Escape(store, function, arguments);
    case Function::kIndex:
      return Index(store, arguments);
    case Function::kLen:
      return Length(store, arguments[0]);
    case Function::kNot:
      return Value::Bool(!IsTrue(store, arguments[0]));
    case Function::kPrint:
    case Function::kPrintf:
    case Function::kPrintln:
      return PrintFamily(store, function, arguments);
    case Function::kSlice:
      return Slice(arguments);
    case Function::kPem:
    case Function::kHex:
    case Function::kBase64:
    case Function::kRaw:
    case Function::kString:
      return CallEncoder(store, function, arguments[0]);
  }
  return ExecutionError("unknown function");
}

}  // namespace steelie::gotemplate
