#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace steelie::attest::sgx {

/// What the signature structure of an SGX enclave says: Intel SDM volume 3D, "Enclave Signature Structure (SIGSTRUCT)".
/// Its signature is not verified: the processor does that when the enclave starts.
struct SigStruct {
  Sha256Digest mr_enclave{};
  Sha256Digest mr_signer{};  // SHA-256 of the modulus as stored
  std::uint16_t product_id = 0;
  std::uint16_t security_version = 0;
};

/// The first SIGSTRUCT in a file's bytes (hostile), found by its two headers. Nothing if there is none.
std::optional<SigStruct> FindSigStruct(ByteView bytes);

/// The contents of a named section of a 64-bit little-endian ELF file (hostile bytes). Nothing if it is no such file,
/// is damaged, or has no such section.
std::optional<ByteView> FindElfSection(ByteView file, std::string_view name);

}  // namespace steelie::attest::sgx
