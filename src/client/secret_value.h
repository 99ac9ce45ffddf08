#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "secret/wipe.h"

namespace steelie::client {

/// A secret as the Coordinator returns it to a user who may read it. Absent values have not been uploaded yet.
struct SecretEntry {
  std::string type;        // as in the manifest
  std::uint64_t size = 0;  // bits
  bool shared = false;
  bool user_defined = false;
  std::uint64_t valid_for = 0;  // days
  std::optional<Bytes> certificate;
  std::optional<SecretBuffer> private_value;  // a certificate's key as PKCS#8, else the value
  std::optional<SecretBuffer> public_value;   // a certificate's SubjectPublicKeyInfo, else the value again
};
using SecretEntries = std::map<std::string, SecretEntry>;

/// What a user uploads for a secret: `key`, or `certificate` with or without `private_key`.
struct UserSecret {
  std::optional<SecretBuffer> key;
  std::optional<Bytes> certificate;
  std::optional<SecretBuffer> private_key;
};
using UserSecrets = std::map<std::string, UserSecret>;

/// Reads a secrets file: `{"<name>":{"Key":b64} or {"Cert":b64,"Private":b64}}`, or what SecretsToJson wrote of secrets
/// that users upload.
/// Errors: kInvalidArgument `client.secret.file`; no value is in the message.
Result<UserSecrets> ParseSecretFile(std::string_view json);

/// Reads a certificate and a private key, or one of them, in PEM, as the value of one secret. Keys in SEC1 and PKCS#1
/// are converted to PKCS#8. Errors: kInvalidArgument `client.secret.pem`.
Result<UserSecret> ParsePemSecret(std::string_view pem);

/// The JSON map of the client API.
SecretBuffer SecretsToJson(const SecretEntries& secrets);
/// For people: a line with the name, then labelled lines.
SecretBuffer SecretsToText(const SecretEntries& secrets);

}  // namespace steelie::client
