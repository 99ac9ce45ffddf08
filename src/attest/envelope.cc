#include "attest/envelope.h"

#include "base/codec.h"

namespace steelie::attest {
namespace {

constexpr std::string_view kMagic = "STLE";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kMaxParts = 16;
constexpr std::size_t kMaxPart = std::size_t{256} << 10U;

Error Malformed(const std::string& why) {
  return Error(Code::kInvalidArgument, "attest.envelope", "malformed evidence envelope: " + why);
}

}  // namespace

Container Recognise(ByteView evidence) {
  if (evidence.empty()) return Container::kEmpty;
  if (evidence.size() >= kMagic.size() && PublicEqual(evidence.first(kMagic.size()), AsBytes(kMagic))) {
    return Container::kEnvelope;
  }
  Reader header(evidence);
  const std::uint32_t first = header.U32();
  const std::uint32_t second = header.U32();
  if (!header.ok()) return Container::kUnknown;
  // Open Enclave report header: version 1, type 2 (SGX remote).
  if (first == 1 && second == 2) return Container::kOpenEnclave;
  // Intel's quote header: 16-bit version, 16-bit key type, 32-bit TEE type (0 SGX, 0x81 TDX).
  const std::uint32_t version = first & 0xffffU;
  if (version >= 3 && version <= 5 && second == 0) return Container::kSgxQuote;
  if ((version == 4 || version == 5) && second == 0x81) return Container::kTdxQuote;
  return Container::kUnknown;
}

Bytes EncodeEnvelope(const Envelope& envelope) {
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U16(kVersion);
  out.U16(envelope.kind);
  out.U16(static_cast<std::uint16_t>(envelope.parts.size()));
  for (const Bytes& part : envelope.parts) out.Sized(part);
  return std::move(out).Take();
}

Result<Envelope> DecodeEnvelope(ByteView bytes) {
  Reader in(bytes);
  const ByteView magic = in.Take(kMagic.size());
  if (!in.ok() || !PublicEqual(magic, AsBytes(kMagic))) return Malformed("it does not begin with STLE");
  const std::uint16_t version = in.U16();
  if (in.ok() && version != kVersion) {
    return Error(Code::kInvalidArgument, "attest.envelope.version",
                 "evidence envelope has version " + std::to_string(version) + ", this program knows version 1");
  }
  Envelope out;
  out.kind = in.U16();
  const std::uint16_t count = in.U16();
  if (!in.ok() || count > kMaxParts) return Malformed("at most 16 parts are allowed");
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) out.parts.push_back(ToBytes(in.Sized(kMaxPart)));
  if (!in.AtEnd()) return Malformed("cut off, a part above 256 KiB, or trailing bytes");
  return out;
}

}  // namespace steelie::attest
