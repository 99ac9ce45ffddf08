#include "base/file.h"
#include "crypto/random.h"
#include "marble/public_types.h"
#include "marble/sealed_data.h"
#include "steelie/seal.h"

namespace steelie {

using marble::Narrowed;

std::span<const std::uint8_t> KeyText(const char* text) noexcept {
  return text == nullptr ? ByteView() : AsBytes(text);
}
std::span<const std::uint8_t> KeyText(std::string_view text) noexcept { return AsBytes(text); }

Outcome<std::vector<std::uint8_t>> Seal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> plaintext,
                                        std::span<const std::uint8_t> associated_data) {
  const auto seal_key = marble::SealKeyFrom(key);
  if (!seal_key) return Narrowed(seal_key.error());
  SystemRandom random;
  auto sealed = marble::SealData(*seal_key, plaintext, associated_data, random);
  if (!sealed) return Narrowed(sealed.error());
  return std::move(*sealed);
}

Outcome<SecretBytes> Unseal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> sealed,
                            std::span<const std::uint8_t> associated_data) {
  const auto seal_key = marble::SealKeyFrom(key);
  if (!seal_key) return Narrowed(seal_key.error());
  const auto plaintext = marble::UnsealData(*seal_key, sealed, associated_data);
  if (!plaintext) return Narrowed(plaintext.error());
  return SecretBytes(*plaintext);
}

Outcome<Done> SealFile(const std::filesystem::path& file, std::span<const std::uint8_t> key,
                       std::span<const std::uint8_t> plaintext, std::span<const std::uint8_t> associated_data) {
  const auto sealed = Seal(key, plaintext, associated_data);
  if (!sealed) return sealed.failure();
  const auto written = ReplaceFile(file, *sealed);
  if (!written) return Failure{std::string(kSealFile), written.error().message()};
  return Done{};
}

Outcome<SecretBytes> UnsealFile(const std::filesystem::path& file, std::span<const std::uint8_t> key,
                                std::span<const std::uint8_t> associated_data) {
  constexpr std::size_t kHeaderRoom = 1024;
  const auto sealed = ReadFile(file, kSealMax + kHeaderRoom);
  if (!sealed) return Failure{std::string(kSealFile), sealed.error().message()};
  return Unseal(key, *sealed, associated_data);
}

}  // namespace steelie
