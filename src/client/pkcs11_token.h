#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "client/pkcs11_config.h"
#include "secret/wipe.h"

namespace steelie::client {

/// How an object of a token is found: by what is not empty, as raw bytes.
struct TokenObjectName {
  std::string id;
  std::string label;

  bool empty() const { return id.empty() && label.empty(); }
};

/// Reasons of errors that a caller may do something about.
inline constexpr const char* kTokenMechanism = "client.pkcs11.mechanism";
inline constexpr const char* kTokenCiphertext = "client.pkcs11.ciphertext";

/// A logged-in session with a PKCS#11 token (version 2.40). The library is loaded into this process: it is trusted as
/// far as the program itself. Thread-safe.
class Token {
 public:
  /// An object's number in this session.
  using Handle = unsigned long;
  /// What is done with a private key; nothing is hashed by the token.
  enum class Operation { kEcdsa, kRsaPkcs1, kRsaRaw };
  enum class Decryption { kRsaOaepSha256, kRsaRaw };

  /// Errors: kInvalidArgument `client.pkcs11.module` the library cannot be used, `client.pkcs11.token` no such token or
  /// several, `client.pkcs11.pin` the PIN is wrong or locked.
  static Result<std::shared_ptr<Token>> Open(const TokenConfig& config);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  /// Errors: kInvalidArgument `client.pkcs11.key` none or several.
  Result<Handle> FindPrivateKey(const TokenObjectName& name);
  /// Errors: kInvalidArgument `client.pkcs11.key` the token does not say.
  Result<bool> IsRsa(Handle key);
  /// DER. Errors: kInvalidArgument `client.pkcs11.certificate` none or several.
  Result<Bytes> FindCertificate(const TokenObjectName& name);

  /// Errors: kInvalidArgument `client.pkcs11.sign`.
  Result<Bytes> Sign(Handle key, Operation operation, ByteView input);
  /// Errors: kInvalidArgument kTokenMechanism the token cannot decrypt this way; kTokenCiphertext it tried, and the
  /// bytes are not for this key (some tokens say no more than that something failed); `client.pkcs11.decrypt` anything
  /// else.
  Result<SecretBuffer> Decrypt(Handle key, Decryption decryption, ByteView ciphertext);

 private:
  struct Impl;
  explicit Token(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace steelie::client
