#include "gotemplate/builtins.h"

namespace steelie::gotemplate {
namespace {

bool IsBasic(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kFloat:
    case Kind::kComplex:
    case Kind::kString:
      return true;
    default:
      return false;
  }
}

bool IsInteger(Kind kind) { return kind == Kind::kInt || kind == Kind::kUint; }

Error Incompatible(const Value& a, const Value& b) {
  return ExecutionError("cannot compare " + std::string(DescribeType(a.type)) + " with " +
                        std::string(DescribeType(b.type)));
}

// A signed and an unsigned integer, in either order: below zero is below everything unsigned.
bool IntegerLess(const Value& a, const Value& b) {
  const bool a_negative = a.kind() == Kind::kInt && a.integer < 0;
  const bool b_negative = b.kind() == Kind::kInt && b.integer < 0;
  if (a_negative != b_negative) return a_negative;
  return static_cast<std::uint64_t>(a.integer) < static_cast<std::uint64_t>(b.integer);
}

// What two strings cost to compare: a long comparison is many steps. Passwords and keys compared here belong to the
// author of the template already, so the time it takes tells him nothing.
Status Pay(Store& store, const Value& a, const Value& b) { return store.Spend(std::min(a.size, b.size) / 64); }

Result<bool> EqualBasic(Store& store, const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::kBool:
      return a.flag == b.flag;
    case Kind::kInt:
    case Kind::kUint:
      return a.integer == b.integer;
    case Kind::kFloat:
      return a.real == b.real;
    case Kind::kComplex:
      return a.real == b.real && a.imaginary == b.imaginary;
    default:
      STEELIE_CHECK_OK(Pay(store, a, b));
      return a.text() == b.text();
  }
}

Result<bool> Equal(Store& store, const Value& a, const Value& b) {
  const Kind ka = a.kind();
  const Kind kb = b.kind();
  if (IsBasic(ka) || IsBasic(kb)) {
    if (ka == kb) return EqualBasic(store, a, b);
    if (IsInteger(ka) && IsInteger(kb)) return !IntegerLess(a, b) && !IntegerLess(b, a);
    if (!a.valid() || !b.valid()) return false;
    return Incompatible(a, b);
  }
  const bool comparable_kinds = ka == kb || !a.valid() || !b.valid();
  if (!comparable_kinds) return Incompatible(a, b);
  if (IsNil(a) || IsNil(b)) return IsNil(a) && IsNil(b);
  if (a.type == Type::kTime && b.type == Type::kTime) return a.integer == b.integer && a.size == b.size;
  if (ka == Kind::kPointer) return a.type == b.type && a.object == b.object && a.data == b.data;
  return ExecutionError(std::string(DescribeType(a.type)) + " cannot be compared");
}

Result<bool> EqualAny(Store& store, std::span<const Value> arguments) {
  for (const Value& other : arguments.subspan(1)) {
    STEELIE_TRY(const bool equal, Equal(store, arguments[0], other));
    if (equal) return true;
  }
  return false;
}

Result<bool> Less(Store& store, const Value& a, const Value& b) {
  const Kind ka = a.kind();
  const Kind kb = b.kind();
  if (!IsBasic(ka) || !IsBasic(kb)) return ExecutionError("values without an order cannot be compared");
  if (IsInteger(ka) && IsInteger(kb)) {
    if (ka == Kind::kInt && kb == Kind::kInt) return a.integer < b.integer;
    return IntegerLess(a, b);
  }
  if (ka != kb) return Incompatible(a, b);
  if (ka == Kind::kFloat) return a.real < b.real;
  if (ka != Kind::kString) return ExecutionError("values without an order cannot be compared");
  STEELIE_CHECK_OK(Pay(store, a, b));
  return a.text() < b.text();
}

Result<bool> LessOrEqual(Store& store, const Value& a, const Value& b) {
  STEELIE_TRY(const bool less, Less(store, a, b));
  if (less) return true;
  return Equal(store, a, b);
}

}  // namespace

Result<Value> CallComparison(Store& store, Function function, std::span<const Value> arguments) {
  const Value& a = arguments[0];
  const Value& b = arguments[1];
  switch (function) {
    case Function::kEq: {
      STEELIE_TRY(const bool equal, EqualAny(store, arguments));
      return Value::Bool(equal);
    }
    case Function::kNe: {
      STEELIE_TRY(const bool equal, Equal(store, a, b));
      return Value::Bool(!equal);
    }
    case Function::kLt: {
      STEELIE_TRY(const bool less, Less(store, a, b));
      return Value::Bool(less);
    }
    case Function::kGe: {
      STEELIE_TRY(const bool less, Less(store, a, b));
      return Value::Bool(!less);
    }
    default: {
      STEELIE_TRY(const bool less_or_equal, LessOrEqual(store, a, b));
      return Value::Bool(less_or_equal == (function == Function::kLe));
    }
  }
}

}  // namespace steelie::gotemplate
