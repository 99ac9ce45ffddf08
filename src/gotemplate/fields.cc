#include "gotemplate/fields.h"

namespace steelie::gotemplate {
namespace {

Value ReservedSecret(Store& store, Reserved which, bool legacy = false) {
  return Value::OfSecret(store.data().GetReserved(which), legacy);
}

Value CertificateValue(ByteView der) {
  Value out = Value::ByteList(Type::kCertificate, der);
  return out;
}

std::optional<Value> RootField(std::string_view name) {
  if (name == "MarbleRun") return Value::OfType(Type::kReserved);
  if (name == "Secrets") return Value::OfType(Type::kMap, Generation::kCurrent);
  if (name == "Previous") return Value::OfType(Type::kPrevious);
  if (name == "SecretsWrapper") return Value::OfType(Type::kWrapper);
  // The spelling of releases before 0.5; the reference no longer knows it.
  if (name == "Marblerun") return Value::OfType(Type::kLegacy);
  return std::nullopt;
}

std::optional<Value> ReservedField(Store& store, std::string_view name) {
  if (name == "RootCA") return ReservedSecret(store, Reserved::kRootCa);
  if (name == "MarbleCert") return ReservedSecret(store, Reserved::kMarbleCert);
  if (name == "CoordinatorRoot") return ReservedSecret(store, Reserved::kCoordinatorRoot);
  if (name == "CoordinatorIntermediate") return ReservedSecret(store, Reserved::kCoordinatorIntermediate);
  // The reference has no seal key any more; here it is the placeholder for virtual sealing keys.
  if (name == "SealKey") return ReservedSecret(store, Reserved::kSealKey);
  return std::nullopt;
}

std::optional<Value> LegacyField(Store& store, std::string_view name) {
  if (name == "RootCA") return ReservedSecret(store, Reserved::kRootCa, /*legacy=*/true);
  if (name == "MarbleCert") return ReservedSecret(store, Reserved::kMarbleCert);
  if (name == "SealKey") return ReservedSecret(store, Reserved::kSealKey);
  return std::nullopt;
}

std::optional<Value> PartOfSecret(const Value& receiver, std::string_view name) {
  const SecretValue& secret = receiver.secret();
  if (name == "Type") return Value::String(secret.type);
  if (name == "Size") return Value::Uint(secret.size);
  if (name == "Shared") return Value::Bool(secret.shared);
  if (name == "UserDefined") return Value::Bool(secret.user_defined);
  if (name == "ValidFor") return Value::Uint(secret.valid_for);
  if (name == "Cert") return CertificateValue(secret.cert);
  if (name == "Private") return Value::ByteList(Type::kPrivateKey, secret.private_half);
  if (name == "Public") {
    // For a few days in November 2020 the root certificate was its own public half.
    return receiver.flag ? CertificateValue(secret.cert) : Value::ByteList(Type::kPublicKey, secret.public_half);
  }
  return std::nullopt;
}

std::optional<Value> SecretField(const Value& receiver, std::string_view name) {
  std::optional<Value> part = PartOfSecret(receiver, name);
  if (part) part->secret_name = receiver.secret_name;
  return part;
}

std::optional<Value> RecordField(const Record& record, std::string_view name) {
  const Value* value = name.empty() ? nullptr : record.Find(name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<Value> StructField(Store& store, const Value& receiver, std::string_view name) {
  switch (receiver.type) {
    case Type::kRoot:
      return RootField(name);
    case Type::kWrapper:
      if (name == "MarbleRun" || name == "Secrets") return RootField(name);
      return std::nullopt;
    case Type::kPrevious:
      if (name == "Secrets") return Value::OfType(Type::kMap, Generation::kPrevious);
      return std::nullopt;
    case Type::kReserved:
      return ReservedField(store, name);
    case Type::kLegacy:
      return LegacyField(store, name);
    case Type::kSecret:
      return SecretField(receiver, name);
    case Type::kCertificate:
      return RecordField(store.CertificateFields(receiver.bytes()), name);
    case Type::kName:
    case Type::kAttribute:
    case Type::kExtension:
    case Type::kUrl:
      return RecordField(receiver.record(), name);
    default:
      return std::nullopt;
  }
}

std::string Shown(std::string_view name) { return "\"" + std::string(name.substr(0, 64)) + "\""; }

}  // namespace

Value FindSecret(Store& store, Generation generation, std::string_view name) {
  const SecretValue* secret = store.data().Find(generation, name);
  if (secret == nullptr) return {};
  Value out = Value::OfSecret(*secret);
  out.secret_name = name;
  return out;
}

ByteView PublicHalf(const Value& secret) { return secret.flag ? secret.secret().cert : secret.secret().public_half; }

Result<Value> EvaluateField(Store& store, const Value& receiver, std::string_view name,
                            std::span<const Value> arguments) {
  if (!receiver.valid()) return Value();
  if (auto result = CallMethod(store, receiver, name, arguments)) return std::move(*result);
  if (receiver.kind() == Kind::kMap) {
    if (!arguments.empty()) return ExecutionError(Shown(name) + " is a secret, it takes no arguments");
    Value out = FindSecret(store, receiver.generation, name);
    // A name in the template may be shown; one that was computed could be a secret itself.
    out.secret_name = name;
    return out;
  }
  const auto field = StructField(store, receiver, name);
  if (!field) {
    return ExecutionError("no field " + Shown(name) + " in " + std::string(DescribeType(receiver.type)));
  }
  if (!arguments.empty()) return ExecutionError(Shown(name) + " is a field, it takes no arguments");
  return *field;
}

}  // namespace steelie::gotemplate
