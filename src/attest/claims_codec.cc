#include "attest/claims_codec.h"

#include "base/codec.h"

namespace steelie::attest {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxField = 256;
constexpr std::size_t kMaxAdvisories = 1024;

}  // namespace

Bytes EncodeClaims(const Claims& claims) {
  Writer out;
  out.U8(kVersion);
  out.U8(static_cast<std::uint8_t>(claims.kind));
  out.Sized(claims.measurement);
  out.Sized(claims.signer);
  out.U64(claims.product_id);
  out.U64(claims.security_version);
  out.Bool(claims.debug);
  out.Sized(claims.tcb_status);
  out.U32(static_cast<std::uint32_t>(claims.advisories.size()));
  for (const std::string& advisory : claims.advisories) out.Sized(advisory);
  return std::move(out).Take();
}

std::optional<Claims> DecodeClaims(ByteView bytes) {
  Reader in(bytes);
  Claims claims;
  const std::uint8_t version = in.U8();
  const std::uint8_t kind = in.U8();
  claims.kind = static_cast<EvidenceKind>(kind);
  claims.measurement = ToBytes(in.Sized(kMaxField));
  claims.signer = ToBytes(in.Sized(kMaxField));
  claims.product_id = in.U64();
  claims.security_version = in.U64();
  claims.debug = in.Bool();
  claims.tcb_status = in.SizedText(kMaxField);
  const std::uint32_t count = in.Count(sizeof(std::uint32_t), kMaxAdvisories);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) claims.advisories.push_back(in.SizedText(kMaxField));
  if (!in.AtEnd() || version != kVersion || kind > static_cast<std::uint8_t>(EvidenceKind::kSnp)) return std::nullopt;
  return claims;
}

}  // namespace steelie::attest
