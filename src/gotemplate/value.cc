#include "gotemplate/value.h"

#include <array>

namespace steelie::gotemplate {
namespace {

struct TypeDescription {
  Kind kind;
  std::string_view name;
};

// In the order of Type.
constexpr std::array<TypeDescription, 36> kTypes = {{
    {Kind::kInvalid, "<nil>"},
    {Kind::kBool, "bool"},
    {Kind::kInt, "int"},
    {Kind::kInt, "int64"},
    {Kind::kUint, "uint"},
    {Kind::kUint, "uint8"},
    {Kind::kFloat, "float64"},
    {Kind::kComplex, "complex128"},
    {Kind::kString, "string"},
    {Kind::kList, "[]uint8"},
    {Kind::kList, "model.PublicKey"},
    {Kind::kList, "model.PrivateKey"},
    {Kind::kList, "net.IP"},
    {Kind::kList, "list"},
    {Kind::kMap, "map[string]model.Secret"},
    {Kind::kStruct, "model.Root"},
    {Kind::kStruct, "model.SecretsWrapper"},
    {Kind::kStruct, "model.Previous"},
    {Kind::kStruct, "model.Reserved"},
    {Kind::kStruct, "model.Legacy"},
    {Kind::kStruct, "model.Secret"},
    {Kind::kStruct, "model.Certificate"},
    {Kind::kStruct, "time.Time"},
    {Kind::kPointer, "*big.Int"},
    {Kind::kStruct, "pkix.Name"},
    {Kind::kStruct, "pkix.AttributeTypeAndValue"},
    {Kind::kStruct, "pkix.Extension"},
    {Kind::kPointer, "*url.URL"},
    {Kind::kStruct, "asn1.ObjectIdentifier"},
    {Kind::kInt, "time.Month"},
    {Kind::kInt, "time.Weekday"},
    {Kind::kInt, "time.Duration"},
    {Kind::kInt, "x509.KeyUsage"},
    {Kind::kInt, "x509.ExtKeyUsage"},
    {Kind::kInt, "x509.SignatureAlgorithm"},
    {Kind::kInt, "x509.PublicKeyAlgorithm"},
}};
static_assert(static_cast<std::size_t>(Type::kPublicKeyAlgorithm) + 1 == kTypes.size());

}  // namespace

Kind KindOf(Type type) { return kTypes[static_cast<std::size_t>(type)].kind; }
std::string_view TypeName(Type type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::string_view DescribeType(Type type) {
  switch (type) {
    case Type::kInvalid:
      return "a missing value";
    case Type::kBool:
      return "a boolean";
    case Type::kFloat:
    case Type::kComplex:
      return "a number";
    case Type::kString:
      return "a string";
    case Type::kBytes:
      return "a list of bytes";
    case Type::kPublicKey:
      return "a public half";
    case Type::kPrivateKey:
      return "a private half";
    case Type::kList:
      return "a list";
    case Type::kMap:
      return "the map of secrets";
    case Type::kRoot:
      return "the root";
    case Type::kWrapper:
      return ".SecretsWrapper";
    case Type::kPrevious:
      return ".Previous";
    case Type::kReserved:
      return ".MarbleRun";
    case Type::kLegacy:
      return ".Marblerun";
    case Type::kSecret:
      return "a secret";
    case Type::kCertificate:
      return "a certificate";
    case Type::kTime:
      return "a time";
    default:
      return KindOf(type) == Kind::kInt || KindOf(type) == Kind::kUint ? "an integer" : TypeName(type);
  }
}

Value Value::OfType(Type type, Generation generation) {
  Value out;
  out.type = type;
  out.generation = generation;
  return out;
}

Value Value::Bool(bool v) {
  Value out = OfType(Type::kBool);
  out.flag = v;
  return out;
}

Value Value::Int(std::int64_t v, Type type) {
  Value out = OfType(type);
  out.integer = v;
  return out;
}

Value Value::Uint(std::uint64_t v, Type type) { return Int(static_cast<std::int64_t>(v), type); }

Value Value::Float(double v) {
  Value out = OfType(Type::kFloat);
  out.real = v;
  return out;
}

Value Value::Complex(double real, double imaginary) {
  Value out = OfType(Type::kComplex);
  out.real = real;
  out.imaginary = imaginary;
  return out;
}

Value Value::String(std::string_view v) { return ByteList(Type::kString, AsBytes(v)); }

Value Value::ByteList(Type type, ByteView v) {
  Value out = OfType(type);
  out.data = v.empty() ? nullptr : v.data();
  out.size = v.size();
  out.capacity = v.size();
  return out;
}

Value Value::Time(std::int64_t seconds, std::size_t nanoseconds) {
  Value out = OfType(Type::kTime);
  out.integer = seconds;
  out.size = nanoseconds;
  return out;
}

Value Value::OfSecret(const SecretValue& v, bool legacy) {
  Value out = OfType(Type::kSecret);
  out.object = &v;
  out.flag = legacy;
  return out;
}

Value Value::OfRecord(Type type, const Record* record) {
  Value out = OfType(type);
  out.object = record;
  return out;
}

const Value* Record::Find(std::string_view name) const {
  for (const RecordField& field : fields) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

bool IsByteList(Type type) {
  return type == Type::kBytes || type == Type::kPublicKey || type == Type::kPrivateKey || type == Type::kIp;
}

bool IsNil(const Value& value) {
  switch (value.kind()) {
    case Kind::kInvalid:
      return true;
    case Kind::kList:
      return value.type == Type::kList ? value.object == nullptr : value.data == nullptr;
    case Kind::kPointer:
      return value.object == nullptr && value.data == nullptr;
    default:
      return false;
  }
}

Value ElementAt(const Value& value, std::size_t at) {
  if (value.type == Type::kList) return value.elements()[at];
  return Value::Uint(value.data[at], Type::kUint8);
}

}  // namespace steelie::gotemplate
