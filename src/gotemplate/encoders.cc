#include <algorithm>
#include <string_view>

#include "gotemplate/builtins.h"
#include "gotemplate/fields.h"

// The functions that turn secrets into text.

namespace steelie::gotemplate {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void Append(SecretBuffer* out, std::string_view text) { out->insert(out->end(), text.begin(), text.end()); }

// Written here rather than with base/bytes.h and crypto/pem.h, so that no part of a secret passes through memory that
// is not wiped, and line breaks come in the same pass.
void AppendBase64(SecretBuffer* out, ByteView in, std::size_t line) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, in.size() - i);
    std::uint32_t group = std::uint32_t{in[i]} << 16U;
    if (n > 1) group |= std::uint32_t{in[i + 1]} << 8U;
    if (n > 2) group |= std::uint32_t{in[i + 2]};
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = k <= n ? kBase64Digits[group >> (18U - 6U * k) & 63U] : '=';
      out->push_back(static_cast<std::uint8_t>(c));
    }
    column += 4;
    if (line != 0 && (column == line || i + 3 >= in.size())) {
      out->push_back('\n');
      column = 0;
    }
  }
}

std::string SecretOf(const Value& value) {
  if (value.secret_name.empty()) return "the secret";
  return "the secret \"" + std::string(value.secret_name.substr(0, 64)) + "\"";
}

Error NoSecret(const Value& value) { return ExecutionError(SecretOf(value) + " does not exist"); }

Error Empty(const Value& value) {
  const bool wanted = value.type == Type::kSecret && value.secret().user_defined;
  return ExecutionError(SecretOf(value) + " has an empty value" + (wanted ? ": a user must upload one" : ""));
}

Result<Value> Pem(Store& store, const Value& value) {
  std::string_view label;
  switch (value.type) {
    case Type::kInvalid:
      return NoSecret(value);
    case Type::kCertificate:
      label = "CERTIFICATE";
      break;
    case Type::kPublicKey:
      label = "PUBLIC KEY";
      break;
    case Type::kPrivateKey:
      label = "PRIVATE KEY";
      break;
    default:
      return ExecutionError("pem takes the .Cert, .Public or .Private of a secret, not " +
                            std::string(DescribeType(value.type)));
  }
  if (value.size == 0) return Empty(value);
  const std::size_t base64 = (value.size + 2) / 3 * 4;
  const std::size_t size = base64 + (base64 + 63) / 64 + 2 * label.size() + 34;
  STEELIE_CHECK_OK(store.Charge(size));
  SecretBuffer out;
  out.reserve(size);
  Append(&out, "-----BEGIN ");
  Append(&out, label);
  Append(&out, "-----\n");
  AppendBase64(&out, value.bytes(), 64);
  Append(&out, "-----END ");
  Append(&out, label);
  Append(&out, "-----\n");
  return store.Keep(std::move(out));
}

Result<ByteView> BytesOf(const Value& value) {
  switch (value.type) {
    case Type::kInvalid:
      return NoSecret(value);
    case Type::kSecret:
      return PublicHalf(value);
    case Type::kCertificate:
    case Type::kPublicKey:
    case Type::kPrivateKey:
    case Type::kBytes:
      return value.bytes();
    default:
      return ExecutionError("expected a secret or a part of one, not " + std::string(DescribeType(value.type)));
  }
}

Result<Value> PlainString(Store& store, const Value& value) {
  if (!value.valid()) return NoSecret(value);
  if (value.type != Type::kSecret || value.secret().type != "plain") {
    return ExecutionError("only secrets of type plain can be used with string");
  }
  const ByteView bytes = PublicHalf(value);
  if (std::find(bytes.begin(), bytes.end(), std::uint8_t{0}) != bytes.end()) {
    return ExecutionError(SecretOf(value) + " contains null bytes");
  }
  if (bytes.empty()) return Empty(value);
  STEELIE_CHECK_OK(store.Charge(bytes.size()));
  return store.Keep(SecretBuffer(bytes.begin(), bytes.end()));
}

}  // namespace

Result<Value> CallEncoder(Store& store, Function function, const Value& value) {
  if (function == Function::kPem) return Pem(store, value);
  if (function == Function::kString) return PlainString(store, value);
  STEELIE_TRY(const ByteView bytes, BytesOf(value));
  if (bytes.empty()) return Empty(value);
  SecretBuffer out;
  if (function == Function::kHex) {
    STEELIE_CHECK_OK(store.Charge(bytes.size() * 2));
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
      out.push_back(static_cast<std::uint8_t>(kHexDigits[byte >> 4U]));
      out.push_back(static_cast<std::uint8_t>(kHexDigits[byte & 0xfU]));
    }
  } else if (function == Function::kBase64) {
    const std::size_t size = (bytes.size() + 2) / 3 * 4;
    STEELIE_CHECK_OK(store.Charge(size));
    out.reserve(size);
    AppendBase64(&out, bytes, 0);
  } else {
    STEELIE_CHECK_OK(store.Charge(bytes.size()));
    out.assign(bytes.begin(), bytes.end());
  }
  return store.Keep(std::move(out));
}

}  // namespace steelie::gotemplate
