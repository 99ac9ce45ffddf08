#pragma once

#include <cstdint>

namespace steelie::client {

/// What the tokens of the library in fake_token.cc can do; also the numbers of their slots.
enum class FakeToken : std::uint8_t {
  kOaep = 1,         // RSA-OAEP with SHA-256, no raw RSA
  kRawOnly = 2,      // raw RSA, refuses SHA-256 for OAEP at once
  kRefusesLate = 3,  // the same, but only when the ciphertext has arrived
  kNeither = 4,
  kSignsOnly = 5,   // the key's attributes forbid to decrypt
  kOverlongEc = 6,  // an EC key whose signatures are too long for any curve
};

}  // namespace steelie::client
