#include "client/pkcs11_config.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "client/json.h"

namespace steelie::client {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 10U;

Error Bad(const std::string& why) { return Error(Code::kInvalidArgument, "client.pkcs11.config", why); }

Status RequireOneToken(const TokenConfig& config) {
  const int given = (config.serial.empty() ? 0 : 1) + (config.label.empty() ? 0 : 1) + (config.slot ? 1 : 0);
  if (given == 1) return Ok();
  return Bad(given == 0 ? "which token? Give one of `TokenSerial`, `TokenLabel` and `SlotNumber`"
                        : "give only one of `TokenSerial`, `TokenLabel` and `SlotNumber`");
}

}  // namespace

Result<TokenConfig> ParseTokenConfig(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json || !json->is_object()) return Bad("not a JSON object");
  TokenConfig config;
  STEELIE_TRY(config.module, TextMember(*json, "Path"));
  STEELIE_TRY(std::string pin, TextMember(*json, "Pin"));
  config.pin = TokenPin(AsBytes(pin));
  Wipe(pin.data(), pin.size());
  STEELIE_TRY(config.serial, TextMember(*json, "TokenSerial"));
  STEELIE_TRY(config.label, TextMember(*json, "TokenLabel"));
  if (const auto* slot = FindMember(*json, "SlotNumber"); slot != nullptr && !slot->is_null()) {
    STEELIE_TRY(config.slot, NumberMember(*json, "SlotNumber"));
  }
  STEELIE_TRY(const std::uint64_t user_type, NumberMember(*json, "UserType"));
  if (user_type != 0) config.user_type = user_type;
  STEELIE_TRY(const bool no_login, BoolMember(*json, "LoginNotSupported"));
  config.login = !no_login;
  if (config.module.empty()) return Bad("`Path` is missing: the path of the token's PKCS#11 library");
  STEELIE_CHECK_OK(RequireOneToken(config));
  if (config.login && config.pin.empty())
    return Bad("`Pin` is missing; a token without login needs `LoginNotSupported`");
  return config;
}

Result<TokenConfig> ReadTokenConfig(const std::filesystem::path& path) {
  STEELIE_TRY(Bytes text, ReadFile(path, kMaxFile).WithContext("reading the PKCS#11 configuration"));
  Result<TokenConfig> config = ParseTokenConfig(AsText(text));
  Wipe(text.data(), text.size());
  return std::move(config).WithContext(path.string());
}

}  // namespace steelie::client
