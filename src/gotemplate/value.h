#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "gotemplate/template.h"

namespace steelie::gotemplate {

/// What a value is, as the functions of the language tell it apart.
enum class Type : std::uint8_t {
  kInvalid,  // nil and "no value"
  kBool,
  kInt,
  kInt64,
  kUint,
  kUint8,
  kFloat,
  kComplex,
  kString,
  kBytes,  // a plain list of bytes
  kPublicKey,
  kPrivateKey,
  kIp,
  kList,
  kMap,
  kRoot,
  kWrapper,   // .SecretsWrapper
  kPrevious,  // .Previous
  kReserved,  // .MarbleRun
  kLegacy,    // .Marblerun
  kSecret,
  kCertificate,
  kTime,
  kBigInt,  // a pointer: may be nil
  kName,    // a distinguished name
  kAttribute,
  kExtension,
  kUrl,  // a pointer, never nil
  kOid,
  // Named integers.
  kMonth,
  kWeekday,
  kDuration,
  kKeyUsage,
  kExtKeyUsage,
  kSignatureAlgorithm,
  kPublicKeyAlgorithm,
};

/// The coarse kind that decides which operations a type has.
enum class Kind : std::uint8_t {
  kInvalid,
  kBool,
  kInt,
  kUint,
  kFloat,
  kComplex,
  kString,
  kList,
  kMap,
  kStruct,
  kPointer
};

Kind KindOf(Type type);
/// The name that `%T` prints.
std::string_view TypeName(Type type);
/// What a message calls a value of that type, with an article.
std::string_view DescribeType(Type type);

struct Record;

/// A value during one execution. Plain data: what it points to belongs to the template, to the Data or to the Store of
/// the execution. A byte of a secret that was taken out by `index` or `range` sits in `integer` and is not wiped.
struct Value {
  Type type = Type::kInvalid;
  Type element = Type::kInvalid;  // of kList
  Generation generation = Generation::kCurrent;
  bool flag = false;         // kBool; kBigInt: negative; kSecret: with the fields of the oldest releases
  std::int64_t integer = 0;  // integers (unsigned ones as bits), kTime: seconds since 1970
  double real = 0;           // kFloat, kComplex
  double imaginary = 0;
  const void* object = nullptr;        // kSecret: SecretValue; records: Record; kList: the first Value
  const std::uint8_t* data = nullptr;  // strings and byte lists; kCertificate: DER; kBigInt: big endian; kOid: DER
  std::size_t size = 0;                // bytes or elements; kTime: nanoseconds
  std::size_t capacity = 0;            // of a list
  std::string_view secret_name;        // for messages: the secret that this is, is a part of, or is the lack of

  static Value Bool(bool v);
  static Value Int(std::int64_t v, Type type = Type::kInt);
  static Value Uint(std::uint64_t v, Type type = Type::kUint);
  static Value Float(double v);
  static Value Complex(double real, double imaginary);
  static Value String(std::string_view v);
  static Value ByteList(Type type, ByteView v);
  static Value Time(std::int64_t seconds, std::size_t nanoseconds = 0);
  static Value OfSecret(const SecretValue& v, bool legacy = false);
  static Value OfRecord(Type type, const Record* record);
  static Value OfType(Type type) { return OfType(type, Generation::kCurrent); }
  static Value OfType(Type type, Generation generation);

  Kind kind() const { return KindOf(type); }
  bool valid() const { return type != Type::kInvalid; }
  std::string_view text() const { return AsText(bytes()); }
  ByteView bytes() const { return {data, size}; }
  const SecretValue& secret() const { return *static_cast<const SecretValue*>(object); }
  const Record& record() const { return *static_cast<const Record*>(object); }
  const Value* elements() const { return static_cast<const Value*>(object); }
};

static_assert(std::is_trivially_copyable_v<Value>);

struct RecordField {
  std::string_view name;
  Value value;
};

/// A structure made during an execution: fields by name.
struct Record {
  std::vector<RecordField> fields;
  const Value* Find(std::string_view name) const;
};

/// A list whose elements are bytes.
bool IsByteList(Type type);
/// An empty list that was never made counts as nil, a list cut down to nothing does not.
bool IsNil(const Value& value);
/// Element of a list or string; `at` must be below its size.
Value ElementAt(const Value& value, std::size_t at);

}  // namespace steelie::gotemplate
