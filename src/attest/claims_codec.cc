#include "attest/claims_codec.h"

#include <algorithm>

#include "base/codec.h"

namespace steelie::attest {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kMaxField = 256;
constexpr std::size_t kMaxAdvisories = 1024;

// One description of each part's fields serves both directions: `Put` writes a field, `Get` reads it.
struct Put {
  Writer& out;

  template <std::size_t N>
  void operator()(const std::array<std::uint8_t, N>& field) {
    out.Raw(field);
  }
  void operator()(const std::string& field) { out.Sized(field); }
  void operator()(std::uint8_t field) { out.U8(field); }
  void operator()(std::uint16_t field) { out.U16(field); }
  void operator()(std::uint32_t field) { out.U32(field); }
  void operator()(std::uint64_t field) { out.U64(field); }
  void operator()(bool field) { out.Bool(field); }
  void operator()(CertificateTime field) { out.U64(static_cast<std::uint64_t>(field.time_since_epoch().count())); }
  template <typename T>
  void operator()(const std::optional<T>& field) {
    out.Bool(field.has_value());
    if (field) (*this)(*field);
  }
};

struct Get {
  Reader& in;

  template <std::size_t N>
  void operator()(std::array<std::uint8_t, N>& field) {
    const ByteView bytes = in.Take(N);
    if (in.ok()) std::ranges::copy(bytes, field.begin());
  }
  void operator()(std::string& field) { field = in.SizedText(kMaxField); }
  void operator()(std::uint8_t& field) { field = in.U8(); }
  void operator()(std::uint16_t& field) { field = in.U16(); }
  void operator()(std::uint32_t& field) { field = in.U32(); }
  void operator()(std::uint64_t& field) { field = in.U64(); }
  void operator()(bool& field) { field = in.Bool(); }
  void operator()(CertificateTime& field) {
    field = CertificateTime(std::chrono::seconds(static_cast<std::int64_t>(in.U64())));
  }
  template <typename T>
  void operator()(std::optional<T>& field) {
    if (in.Bool() && in.ok()) (*this)(field.emplace());
  }
};

template <typename F, typename C>
void Each(F&& field, C& claims)
  requires std::same_as<std::remove_const_t<C>, SgxClaims>
{
  field(claims.cpu_svn);
  field(claims.misc_select);
  field(claims.attributes);
  field(claims.xfrm);
  field(claims.config_id);
  field(claims.config_svn);
  field(claims.extended_product_id);
  field(claims.family_id);
}

template <typename F, typename C>
void Each(F&& field, C& claims)
  requires std::same_as<std::remove_const_t<C>, TdxClaims>
{
  field(claims.tee_tcb_svn);
  field(claims.mr_seam);
  field(claims.mr_signer_seam);
  field(claims.seam_attributes);
  field(claims.td_attributes);
  field(claims.xfam);
  field(claims.mr_config_id);
  field(claims.mr_owner);
  field(claims.mr_owner_config);
  for (auto& rtmr : claims.rtmr) field(rtmr);
  field(claims.tee_tcb_svn2);
  field(claims.mr_service_td);
}

template <typename F, typename C>
void EachSvn(F&& field, C& tcb) {
  field(tcb.fmc);
  field(tcb.boot_loader);
  field(tcb.tee);
  field(tcb.snp);
  field(tcb.microcode);
}

template <typename F, typename C>
void Each(F&& field, C& claims)
  requires std::same_as<std::remove_const_t<C>, SnpClaims>
{
  field(claims.version);
  field(claims.product);
  field(claims.guest_svn);
  field(claims.policy);
  field(claims.family_id);
  field(claims.image_id);
  field(claims.vmpl);
  field(claims.platform_info);
  field(claims.host_data);
  field(claims.id_key_digest);
  field(claims.author_key_digest);
  field(claims.report_id);
  field(claims.report_id_ma);
  EachSvn(field, claims.reported_tcb);
  EachSvn(field, claims.current_tcb);
  EachSvn(field, claims.committed_tcb);
  EachSvn(field, claims.launch_tcb);
  field(claims.chip_id);
  field(claims.vlek);
  field(claims.csp);
}

template <typename F, typename C>
void Each(F&& field, C& claims)
  requires std::same_as<std::remove_const_t<C>, TcbClaims>
{
  field(claims.platform_status);
  field(claims.qe_status);
  field(claims.evaluation_data_number);
  field(claims.fmspc);
  field(claims.issued);
  field(claims.valid_until);
}

template <typename T>
void WritePart(Writer& out, const std::optional<T>& part) {
  out.Bool(part.has_value());
  if (part) Each(Put{out}, *part);
}

template <typename T>
void ReadPart(Reader& in, std::optional<T>& part) {
  if (in.Bool() && in.ok()) Each(Get{in}, part.emplace());
}

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
  WritePart(out, claims.tcb);
  WritePart(out, claims.sgx);
  WritePart(out, claims.tdx);
  WritePart(out, claims.snp);
  return std::move(out).Take();
}

std::optional<Claims> DecodeClaims(ByteView bytes) {
  Reader in(bytes);
  Claims claims;
  const std::uint8_t version = in.U8();
  if (version != 1 && version != kVersion) return std::nullopt;
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
  // Version 1 ends here.
  if (version == kVersion) {
    ReadPart(in, claims.tcb);
    ReadPart(in, claims.sgx);
    ReadPart(in, claims.tdx);
    ReadPart(in, claims.snp);
  }
  if (!in.AtEnd() || kind > static_cast<std::uint8_t>(EvidenceKind::kSnp)) return std::nullopt;
  return claims;
}

}  // namespace steelie::attest
