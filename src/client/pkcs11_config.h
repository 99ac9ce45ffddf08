#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "secret/secret.h"

namespace steelie::client {

struct TokenPinTag;
using TokenPin = Secret<TokenPinTag>;

/// Which token, and how to log in to it. Exactly one of serial, label and slot is set.
struct TokenConfig {
  std::string module;  // path of the PKCS#11 library
  TokenPin pin;
  std::string serial;
  std::string label;
  std::optional<std::uint64_t> slot;
  std::uint64_t user_type = 1;  // CKU_USER
  bool login = true;
};

/// The file of `--pkcs11-config`: a JSON object. Names match regardless of case; members that this program has no use
/// for are ignored. Errors: kInvalidArgument `client.pkcs11.config`, those of ReadFile. The PIN is in no message.
Result<TokenConfig> ReadTokenConfig(const std::filesystem::path& path);
Result<TokenConfig> ParseTokenConfig(std::string_view json);

}  // namespace steelie::client
