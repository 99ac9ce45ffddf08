#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "steelie/outcome.h"
#include "steelie/secret_bytes.h"

/// Sealing: authenticated encryption of data at rest with a key that the Coordinator hands out.
///
///     const char* key = std::getenv("SEAL_KEY");                    // `"SEAL_KEY": "$$seal_key"` in the manifest
///     auto done = steelie::SealFile("state.sealed", steelie::KeyText(key), plaintext);
///     auto back = steelie::UnsealFile("state.sealed", steelie::KeyText(key));
///     if (!back) log(back.failure().message);
///
/// The algorithm is XAES-256-GCM with random 192-bit nonces, so any number of marbles and threads may seal with one key
/// without keeping count. docs/formats/sealed-data.md specifies the bytes.
///
/// Key material is one of
///   32 bytes         the key itself
///   64 hex digits    the key in hexadecimal, as `$$seal_key` and `{{ hex ... }}` deliver it
///   16 to 64 bytes   of any other kind: expanded with HKDF-SHA256 and a fixed label
///
/// All functions are thread-safe.
namespace steelie {

/// Reasons of failures.
inline constexpr std::string_view kSealKey = "seal.key";              // key material too short or too long
inline constexpr std::string_view kSealMalformed = "seal.malformed";  // no sealed data, or cut off
inline constexpr std::string_view kSealVersion = "seal.version";      // sealed by a newer version
inline constexpr std::string_view kSealOpen = "seal.open";  // wrong key, wrong associated data, or tampered with
inline constexpr std::string_view kSealSize = "seal.size";  // more than kSealMax bytes
inline constexpr std::string_view kSealFile = "seal.file";  // the file cannot be read or written

/// The most that is sealed at once.
inline constexpr std::size_t kSealMax = std::size_t{1} << 30U;

/// The bytes of a text, for keys from variables. Null is empty, hence too short.
std::span<const std::uint8_t> KeyText(const char* text) noexcept;
std::span<const std::uint8_t> KeyText(std::string_view text) noexcept;

/// Encrypts and authenticates. `associated_data` is authenticated, not stored: the same must be given to Unseal, for
/// instance the name under which the data is kept.
/// Failures: kSealKey, kSealSize.
Outcome<std::vector<std::uint8_t>> Seal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> plaintext,
                                        std::span<const std::uint8_t> associated_data = {});

/// The plaintext of what Seal returned; nothing of it if a single bit differs. `sealed` may come from anywhere.
/// Failures: kSealKey, kSealMalformed, kSealVersion, kSealOpen.
Outcome<SecretBytes> Unseal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> sealed,
                            std::span<const std::uint8_t> associated_data = {});

/// Seals into a file (mode 0600) that is replaced at once and durably: after a crash it holds the old or the new data.
/// Failures: as Seal, kSealFile.
Outcome<Done> SealFile(const std::filesystem::path& file, std::span<const std::uint8_t> key,
                       std::span<const std::uint8_t> plaintext, std::span<const std::uint8_t> associated_data = {});

/// Failures: as Unseal, kSealFile.
Outcome<SecretBytes> UnsealFile(const std::filesystem::path& file, std::span<const std::uint8_t> key,
                                std::span<const std::uint8_t> associated_data = {});

}  // namespace steelie
