#include "policy/observe.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/ascii.h"

namespace steelie::policy {
namespace {

using attest::Claims;
using attest::SnpClaims;
using attest::TdxClaims;
using manifest::Demand;

constexpr std::string_view kSgxReport = "Intel SDM vol. 3D, 38.15 (REPORT)";
constexpr std::string_view kSgxTcb = "Intel SGX ECDSA QuoteLibReference DCAP API, 4 (TCB status)";
constexpr std::string_view kTdReport = "Intel TDX DCAP Quoting Library API, A.3 (TD quote body)";
constexpr std::string_view kTdAttributes = "Intel TDX Module ABI, TD_ATTRIBUTES";
constexpr std::string_view kSnpReport = "AMD 56860, ATTESTATION_REPORT";
constexpr std::string_view kSnpPolicy = "AMD 56860, guest policy";
constexpr std::string_view kSnpPlatform = "AMD 56860, PLATFORM_INFO";
constexpr std::string_view kSnpTcb = "AMD 56860, TCB_VERSION";
constexpr std::string_view kSimulated = "docs/formats/evidence.md";

Observed Text(std::string text, std::string_view document) {
  Observed out;
  out.text = std::move(text);
  out.document = document;
  return out;
}
Observed Hex(ByteView bytes, std::string_view document) { return Text(HexEncode(bytes), document); }
Observed Flag(bool value, std::string_view document) { return Text(value ? "true" : "false", document); }
Observed Number(std::uint64_t value, std::string_view document) {
  Observed out = Text(std::to_string(value), document);
  out.number = value;
  return out;
}
Observed Register(std::uint64_t value, std::string_view document) {
  Observed out = Text(manifest::RegisterHex(value), document);
  out.number = value;
  return out;
}
Observed List(std::vector<std::string> list, std::string_view document) {
  Observed out;
  for (const std::string& item : list) out.text += (out.text.empty() ? "" : ", ") + item;
  if (list.empty()) out.text = "none";
  out.list = std::move(list);
  out.document = document;
  return out;
}

Observed Status(const Claims& c) { return List({c.tcb_status}, kSgxTcb); }

Observed Advisories(const Claims& c) {
  std::vector<std::string> lower;
  for (const std::string& advisory : c.advisories) lower.push_back(AsciiLower(advisory));
  Observed out = List(c.advisories, kSgxTcb);
  out.list = std::move(lower);
  return out;
}

using Reader = Observed (*)(const Claims&);

struct Row {
  std::string_view member;
  Reader read;
};

constexpr std::array<Row, 5> kSim = {{
    {"Sim/Debug", [](const Claims& c) { return Flag(c.debug, kSimulated); }},
    {"Sim/Measurement", [](const Claims& c) { return Hex(c.measurement, kSimulated); }},
    {"Sim/SignerID", [](const Claims& c) { return Hex(c.signer, kSimulated); }},
    {"Sim/ProductID", [](const Claims& c) { return Number(c.product_id, kSimulated); }},
    {"Sim/SecurityVersion", [](const Claims& c) { return Number(c.security_version, kSimulated); }},
}};

constexpr std::array<Row, 7> kSgx = {{
    {"AcceptedTCBStatuses", Status},
    {"AcceptedAdvisories", Advisories},
    {"Debug", [](const Claims& c) { return Flag(c.debug, kSgxReport); }},
    {"UniqueID", [](const Claims& c) { return Hex(c.measurement, kSgxReport); }},
    {"SignerID", [](const Claims& c) { return Hex(c.signer, kSgxReport); }},
    {"ProductID", [](const Claims& c) { return Number(c.product_id, kSgxReport); }},
    {"SecurityVersion", [](const Claims& c) { return Number(c.security_version, kSgxReport); }},
}};

bool Migratable(const Claims& c) {
  if ((c.tdx->td_attributes & TdxClaims::kMigratable) != 0) return true;
  return c.tdx->mr_service_td && std::ranges::any_of(*c.tdx->mr_service_td, [](std::uint8_t b) { return b != 0; });
}

template <auto kMember>
Observed TdxHex(const Claims& c) {
  return Hex((*c.tdx).*kMember, kTdReport);
}
template <std::size_t kIndex>
Observed Rtmr(const Claims& c) {
  return Hex(c.tdx->rtmr.at(kIndex), kTdReport);
}

constexpr std::array<Row, 17> kTdx = {{
    {"AcceptedTCBStatuses", Status},
    {"AcceptedAdvisories", Advisories},
    {"TDX/Debug", [](const Claims& c) { return Flag(c.debug, kTdAttributes); }},
    {"TDX/RequireSEPTVEDisable",
     [](const Claims& c) { return Flag((c.tdx->td_attributes & TdxClaims::kSeptVeDisable) != 0, kTdAttributes); }},
    {"TDX/AllowMigration", [](const Claims& c) { return Flag(Migratable(c), kTdAttributes); }},
    {"TDX/MRTD", [](const Claims& c) { return Hex(c.measurement, kTdReport); }},
    {"TDX/RTMR0", Rtmr<0>},
    {"TDX/RTMR1", Rtmr<1>},
    {"TDX/RTMR2", Rtmr<2>},
    {"TDX/RTMR3", Rtmr<3>},
    {"TDX/MRSEAM", TdxHex<&TdxClaims::mr_seam>},
    {"TDX/MRSIGNERSEAM", TdxHex<&TdxClaims::mr_signer_seam>},
    {"TDX/MRCONFIGID", TdxHex<&TdxClaims::mr_config_id>},
    {"TDX/MROWNER", TdxHex<&TdxClaims::mr_owner>},
    {"TDX/MROWNERCONFIG", TdxHex<&TdxClaims::mr_owner_config>},
    {"TDX/Attributes", [](const Claims& c) { return Register(c.tdx->td_attributes, kTdAttributes); }},
    {"TDX/XFAM", [](const Claims& c) { return Register(c.tdx->xfam, kTdReport); }},
}};

template <auto kMember>
Observed SnpHex(const Claims& c) {
  return Hex((*c.snp).*kMember, kSnpReport);
}
template <std::uint64_t kBit>
Observed PolicyBit(const Claims& c) {
  return Flag((c.snp->policy & kBit) != 0, kSnpPolicy);
}
template <std::uint64_t kBit>
Observed PlatformBit(const Claims& c) {
  return Flag((c.snp->platform_info & kBit) != 0, kSnpPlatform);
}

constexpr std::array<Row, 25> kSnp = {{
    {"SNP/Debug", [](const Claims& c) { return Flag(c.debug, kSnpPolicy); }},
    {"SNP/Measurement", [](const Claims& c) { return Hex(c.measurement, kSnpReport); }},
    {"SNP/HostData", SnpHex<&SnpClaims::host_data>},
    {"SNP/IDKeyDigest", SnpHex<&SnpClaims::id_key_digest>},
    {"SNP/AuthorKeyDigest", SnpHex<&SnpClaims::author_key_digest>},
    {"SNP/FamilyID", SnpHex<&SnpClaims::family_id>},
    {"SNP/ImageID", SnpHex<&SnpClaims::image_id>},
    {"SNP/GuestSVN", [](const Claims& c) { return Number(c.snp->guest_svn, kSnpReport); }},
    {"SNP/VMPL", [](const Claims& c) { return Number(c.snp->vmpl, kSnpReport); }},
    {"SNP/Policy/AllowSMT", PolicyBit<SnpClaims::kPolicySmt>},
    {"SNP/Policy/AllowMigrationAgent", PolicyBit<SnpClaims::kPolicyMigrateMa>},
    {"SNP/Policy/AllowCXL", PolicyBit<SnpClaims::kPolicyCxl>},
    {"SNP/Policy/RequireSingleSocket", PolicyBit<SnpClaims::kPolicySingleSocket>},
    {"SNP/Policy/RequireAES256XTS", PolicyBit<SnpClaims::kPolicyAes256Xts>},
    {"SNP/Policy/RequireRAPLDisabled", PolicyBit<SnpClaims::kPolicyRaplDisabled>},
    {"SNP/Policy/RequireCiphertextHiding", PolicyBit<SnpClaims::kPolicyCiphertextHiding>},
    {"SNP/Policy/RequirePageSwapDisabled", PolicyBit<SnpClaims::kPolicyPageSwapDisabled>},
    {"SNP/Platform/RequireSMTDisabled",
     [](const Claims& c) { return Flag((c.snp->platform_info & SnpClaims::kPlatformSmt) == 0, kSnpPlatform); }},
    {"SNP/Platform/RequireTSME", PlatformBit<SnpClaims::kPlatformTsme>},
    {"SNP/Platform/RequireECC", PlatformBit<SnpClaims::kPlatformEcc>},
    {"SNP/Platform/RequireRAPLDisabled", PlatformBit<SnpClaims::kPlatformRaplDisabled>},
    {"SNP/Platform/RequireCiphertextHiding", PlatformBit<SnpClaims::kPlatformCiphertextHiding>},
    {"SNP/Platform/RequireAliasCheck", PlatformBit<SnpClaims::kPlatformAliasCheck>},
    {"SNP/SigningKey", [](const Claims& c) { return Text(c.snp->vlek ? "VLEK" : "VCEK", kSnpReport); }},
    {"SNP/ChipIDs", [](const Claims& c) { return List({HexEncode(c.snp->chip_id)}, kSnpReport); }},
}};

constexpr std::string_view kMinimumTcb = "SNP/MinimumTCB";

Observed ObserveMinimumTcb(const SnpClaims& snp, std::string_view member) {
  if (member == kMinimumTcb) return List({snp.product}, kSnpTcb);
  const std::string_view rest = member.substr(member.rfind('/') + 1);
  const attest::SnpTcb& tcb = snp.reported_tcb;
  if (rest == "FMC") return Number(tcb.fmc, kSnpTcb);
  if (rest == "BootLoader") return Number(tcb.boot_loader, kSnpTcb);
  if (rest == "TEE") return Number(tcb.tee, kSnpTcb);
  if (rest == "SNP") return Number(tcb.snp, kSnpTcb);
  return Number(tcb.microcode, kSnpTcb);
}

std::optional<Observed> Lookup(std::span<const Row> rows, const Claims& claims, std::string_view member) {
  const auto row = std::ranges::find(rows, member, &Row::member);
  if (row == rows.end()) return std::nullopt;
  return row->read(claims);
}

}  // namespace

bool Applies(const Claims& claims, const Demand& demand) {
  if (claims.kind == attest::EvidenceKind::kSgx && demand.member == "AcceptedAdvisories") {
    return claims.tcb_status == "SWHardeningNeeded";  // as existing manifests mean it
  }
  if (claims.kind == attest::EvidenceKind::kSnp && claims.snp && demand.member.starts_with(kMinimumTcb) &&
      demand.member != kMinimumTcb) {
    return demand.member.starts_with(std::string(kMinimumTcb) + "/" + claims.snp->product + "/");
  }
  return true;
}

std::optional<Observed> Observe(const Claims& claims, const Demand& demand) {
  switch (claims.kind) {
    case attest::EvidenceKind::kSim:
      return Lookup(kSim, claims, demand.member);
    case attest::EvidenceKind::kSgx:
      return Lookup(kSgx, claims, demand.member);
    case attest::EvidenceKind::kTdx:
      if (!claims.tdx) return std::nullopt;
      return Lookup(kTdx, claims, demand.member);
    case attest::EvidenceKind::kSnp:
      if (!claims.snp) return std::nullopt;
      if (demand.member.starts_with(kMinimumTcb)) return ObserveMinimumTcb(*claims.snp, demand.member);
      return Lookup(kSnp, claims, demand.member);
    case attest::EvidenceKind::kNone:
      break;
  }
  return std::nullopt;
}

bool Satisfies(const Observed& seen, const Demand& demand) {
  switch (demand.kind) {
    case Demand::Kind::kEqual:
      return !demand.equal || *demand.equal == seen.text;
    case Demand::Kind::kMinimum:
      return seen.number >= demand.number;
    case Demand::Kind::kMaximum:
      return seen.number <= demand.number;
    case Demand::Kind::kOneOf:
      return !demand.one_of ||
             std::ranges::all_of(seen.list, [&](const std::string& item) { return demand.one_of->contains(item); });
    case Demand::Kind::kBits:
      return !demand.bits || ((seen.number ^ demand.bits->value) & demand.bits->mask) == 0;
  }
  return false;
}

}  // namespace steelie::policy
