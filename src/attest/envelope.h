#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::attest {

/// Steelie's container for evidence of more than one part: a report with its certificate chain, simulated evidence,
/// later kinds. docs/formats/evidence.md specifies the bytes.
struct Envelope {
  static constexpr std::uint16_t kSim = 1;
  static constexpr std::uint16_t kSnp = 2;

  std::uint16_t kind = 0;
  std::vector<Bytes> parts;
};

/// What a byte string that somebody sent as evidence looks like, judged by its first bytes only.
enum class Container {
  kEmpty,
  kOpenEnclave,  // header of 16 bytes, then an SGX quote
  kSgxQuote,
  kTdxQuote,
  kEnvelope,
  kUnknown,
};
Container Recognise(ByteView evidence);

Bytes EncodeEnvelope(const Envelope& envelope);
/// Hostile bytes. Errors: kInvalidArgument `attest.envelope` malformed, too many or too large parts, trailing bytes;
/// `attest.envelope.version` of a newer version.
Result<Envelope> DecodeEnvelope(ByteView bytes);

}  // namespace steelie::attest
