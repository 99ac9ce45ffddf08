#include <algorithm>
#include <array>

#include "base/codec.h"
#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

constexpr std::size_t kIdDigits = 64;

bool IsHex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The reference takes any text here, so only a warning; such a package admits nothing.
template <auto kMember>
void ReadId(Decoder& d, JsonValue v, const Path& path, ReferenceSet& out) {
  d.Read(v, path, out.*kMember);
  const std::string& id = out.*kMember;
  if (v.kind() != JsonKind::kString || id.empty() || IsHex(id, kIdDigits)) return;
  d.Warn(v, path, "manifest.package.id",
         "`" + path.Name() + "` is not " + std::to_string(kIdDigits) + " hex digits (it has " +
             std::to_string(id.size()) + " characters); no enclave will match it");
}

// Hex of `size` bytes; nothing, with a complaint, if it is none. Empty text is absent.
std::optional<Bytes> HexOf(Decoder& d, JsonValue v, const Path& path, std::size_t size, std::string_view reason,
                           std::string_view owner) {
  std::string text;
  d.Read(v, path, text);
  if (v.kind() != JsonKind::kString || text.empty()) return std::nullopt;
  if (!IsHex(text, 2 * size)) {
    d.Error(v, path, reason,
            "`" + path.Name() + "` of " + std::string(owner) + " must be " + std::to_string(2 * size) +
                " hex digits, found " + std::to_string(text.size()) + " characters");
    return std::nullopt;
  }
  return *HexDecode(text);
}

template <auto kMember>
void ReadSimId(Decoder& d, JsonValue v, const Path& path, SimPackage& out) {
  if (auto bytes = HexOf(d, v, path, kIdDigits / 2, "manifest.package.sim_id", "a simulated package")) {
    out.*kMember = std::move(bytes);
  }
}

constexpr std::array<Field<SimPackage>, 5> kSimFields = {{
    {"Measurement", ReadSimId<&SimPackage::measurement>},
    {"SignerID", ReadSimId<&SimPackage::signer_id>},
    {"ProductID", Into<&SimPackage::product_id>},
    {"SecurityVersion", Into<&SimPackage::security_version>},
    {"Debug", Into<&SimPackage::debug>},
}};

template <auto kMember, std::size_t kSize>
void ReadTdxHex(Decoder& d, JsonValue v, const Path& path, TdxPackage& out) {
  if (auto bytes = HexOf(d, v, path, kSize, "manifest.package.hex", "a TDX package")) out.*kMember = std::move(bytes);
}

template <std::size_t kIndex>
void ReadRtmr(Decoder& d, JsonValue v, const Path& path, TdxPackage& out) {
  if (auto bytes = HexOf(d, v, path, 48, "manifest.package.hex", "a TDX package")) {
    out.rtmr.at(kIndex) = std::move(bytes);
  }
}

// A register as quotes have it: 16 hex digits of 8 bytes, little endian.
template <auto kMember>
void ReadRegister(Decoder& d, JsonValue v, const Path& path, TdxPackage& out) {
  if (const auto bytes = HexOf(d, v, path, 8, "manifest.package.hex", "a TDX package")) {
    out.*kMember = Reader(*bytes).U64();
  }
}

constexpr std::array<Field<TdxPackage>, 17> kTdxFields = {{
    {"MRTD", ReadTdxHex<&TdxPackage::mr_td, 48>},
    {"RTMR0", ReadRtmr<0>},
    {"RTMR1", ReadRtmr<1>},
    {"RTMR2", ReadRtmr<2>},
    {"RTMR3", ReadRtmr<3>},
    {"MRSEAM", ReadTdxHex<&TdxPackage::mr_seam, 48>},
    {"MRSIGNERSEAM", ReadTdxHex<&TdxPackage::mr_signer_seam, 48>},
    {"MRCONFIGID", ReadTdxHex<&TdxPackage::mr_config_id, 48>},
    {"MROWNER", ReadTdxHex<&TdxPackage::mr_owner, 48>},
    {"MROWNERCONFIG", ReadTdxHex<&TdxPackage::mr_owner_config, 48>},
    {"Attributes", ReadRegister<&TdxPackage::attributes>},
    {"AttributesMask", ReadRegister<&TdxPackage::attributes_mask>},
    {"XFAM", ReadRegister<&TdxPackage::xfam>},
    {"XFAMMask", ReadRegister<&TdxPackage::xfam_mask>},
    {"Debug", Into<&TdxPackage::debug>},
    {"RequireSEPTVEDisable", Into<&TdxPackage::require_sept_ve_disable>},
    {"AllowMigration", Into<&TdxPackage::allow_migration>},
}};

template <auto kMember, std::size_t kSize>
void ReadSnpHex(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  if (auto bytes = HexOf(d, v, path, kSize, "manifest.package.hex", "an SNP package")) out.*kMember = std::move(bytes);
}

void ReadVmpl(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  constexpr std::uint64_t kLowest = 3;
  d.Read(v, path, out.vmpl);
  if (out.vmpl > kLowest) {
    d.Error(v, path, "manifest.package.vmpl", "`VMPL` is the highest privilege level number admitted, 0 to 3");
  }
}

constexpr std::array<Field<SnpPackage::Policy>, 8> kSnpPolicyFields = {{
    {"AllowSMT", Into<&SnpPackage::Policy::allow_smt>},
    {"AllowMigrationAgent", Into<&SnpPackage::Policy::allow_migration_agent>},
    {"AllowCXL", Into<&SnpPackage::Policy::allow_cxl>},
    {"RequireSingleSocket", Into<&SnpPackage::Policy::require_single_socket>},
    {"RequireAES256XTS", Into<&SnpPackage::Policy::require_aes256_xts>},
    {"RequireRAPLDisabled", Into<&SnpPackage::Policy::require_rapl_disabled>},
    {"RequireCiphertextHiding", Into<&SnpPackage::Policy::require_ciphertext_hiding>},
    {"RequirePageSwapDisabled", Into<&SnpPackage::Policy::require_page_swap_disabled>},
}};

constexpr std::array<Field<SnpPackage::Platform>, 6> kSnpPlatformFields = {{
    {"RequireSMTDisabled", Into<&SnpPackage::Platform::require_smt_disabled>},
    {"RequireTSME", Into<&SnpPackage::Platform::require_tsme>},
    {"RequireECC", Into<&SnpPackage::Platform::require_ecc>},
    {"RequireRAPLDisabled", Into<&SnpPackage::Platform::require_rapl_disabled>},
    {"RequireCiphertextHiding", Into<&SnpPackage::Platform::require_ciphertext_hiding>},
    {"RequireAliasCheck", Into<&SnpPackage::Platform::require_alias_check>},
}};

template <auto kMember>
void ReadSvn(Decoder& d, JsonValue v, const Path& path, SnpTcbMinimum& out) {
  d.Read(v, path, out.*kMember);
  if (out.*kMember > 0xff) {
    d.Error(v, path, "manifest.package.svn", "`" + path.Name() + "` is a security version of one byte, 0 to 255");
  }
}

constexpr std::array<Field<SnpTcbMinimum>, 5> kSnpTcbFields = {{
    {"FMC", ReadSvn<&SnpTcbMinimum::fmc>},
    {"BootLoader", ReadSvn<&SnpTcbMinimum::boot_loader>},
    {"TEE", ReadSvn<&SnpTcbMinimum::tee>},
    {"SNP", ReadSvn<&SnpTcbMinimum::snp>},
    {"Microcode", ReadSvn<&SnpTcbMinimum::microcode>},
}};

constexpr std::array<std::string_view, 3> kProducts = {"Milan", "Genoa", "Turin"};

void ReadMinimumTcb(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  ReadMap(d, v, path, out.minimum_tcb, [&](JsonValue value, const Path& at, SnpTcbMinimum& minimum) {
    if (std::ranges::find(kProducts, at.Name()) == kProducts.end()) {
      d.Error(value, at, "manifest.package.product",
              "no product " + Quoted(at.Name()) + " of AMD's is known, only Milan, Genoa and Turin" +
                  d.Suggest(at.Name(), kProducts));
    }
    ReadObject(d, value, at, "a minimum TCB", kSnpTcbFields, minimum);
    if (minimum.fmc != 0 && at.Name() != "Turin") {
      d.Error(value, at, "manifest.package.svn", "processors before Turin have no `FMC`; leave it out");
    }
  });
}

void ReadChipIds(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  constexpr std::size_t kDigits = 128;
  d.Read(v, path, out.chip_ids);
  for (std::string& id : out.chip_ids) {
    std::ranges::transform(id, id.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!IsHex(id, kDigits)) {
      d.Error(v, path, "manifest.package.hex", "each of `ChipIDs` must be 128 hex digits, as reports have it");
      return;
    }
  }
}

void ReadSigningKey(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  d.Read(v, path, out.signing_key);
  if (out.signing_key.empty() || out.signing_key == "VCEK" || out.signing_key == "VLEK") return;
  d.Error(v, path, "manifest.package.signing_key", "`SigningKey` is `VCEK` (the chip's) or `VLEK` (the provider's)");
}

void ReadSnpPolicy(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  ReadObject(d, v, path, "a guest policy", kSnpPolicyFields, out.policy);
}
void ReadSnpPlatform(Decoder& d, JsonValue v, const Path& path, SnpPackage& out) {
  ReadObject(d, v, path, "platform requirements", kSnpPlatformFields, out.platform);
}

constexpr std::array<Field<SnpPackage>, 14> kSnpFields = {{
    {"Measurement", ReadSnpHex<&SnpPackage::measurement, 48>},
    {"HostData", ReadSnpHex<&SnpPackage::host_data, 32>},
    {"IDKeyDigest", ReadSnpHex<&SnpPackage::id_key_digest, 48>},
    {"AuthorKeyDigest", ReadSnpHex<&SnpPackage::author_key_digest, 48>},
    {"FamilyID", ReadSnpHex<&SnpPackage::family_id, 16>},
    {"ImageID", ReadSnpHex<&SnpPackage::image_id, 16>},
    {"GuestSVN", Into<&SnpPackage::guest_svn>},
    {"VMPL", ReadVmpl},
    {"Debug", Into<&SnpPackage::debug>},
    {"Policy", ReadSnpPolicy},
    {"Platform", ReadSnpPlatform},
    {"MinimumTCB", ReadMinimumTcb},
    {"ChipIDs", ReadChipIds},
    {"SigningKey", ReadSigningKey},
}};

template <typename T>
T ReadPart(Decoder& d, JsonValue v, const Path& path, std::string_view where, const auto& fields) {
  T part;
  ReadObject(d, v, path, where, fields, part);
  return part;
}

void ReadSim(Decoder& d, JsonValue v, const Path& path, ReferenceSet& out) {
  out.sim = ReadPart<SimPackage>(d, v, path, "the simulated part of a package", kSimFields);
}
void ReadTdx(Decoder& d, JsonValue v, const Path& path, ReferenceSet& out) {
  out.tdx = ReadPart<TdxPackage>(d, v, path, "the TDX part of a package", kTdxFields);
}
void ReadSnp(Decoder& d, JsonValue v, const Path& path, ReferenceSet& out) {
  out.snp = ReadPart<SnpPackage>(d, v, path, "the SNP part of a package", kSnpFields);
}

template <auto kRead>
void InSet(Decoder& d, JsonValue v, const Path& path, Package& out) {
  kRead(d, v, path, out);
}
template <auto kMember>
void IntoSet(Decoder& d, JsonValue v, const Path& path, ReferenceSet& out) {
  d.Read(v, path, out.*kMember);
}

constexpr std::array<Field<ReferenceSet>, 10> kSetFields = {{
    {"Debug", IntoSet<&ReferenceSet::debug>},
    {"UniqueID", ReadId<&ReferenceSet::unique_id>},
    {"SignerID", ReadId<&ReferenceSet::signer_id>},
    {"ProductID", IntoSet<&ReferenceSet::product_id>},
    {"SecurityVersion", IntoSet<&ReferenceSet::security_version>},
    {"AcceptedTCBStatuses", IntoSet<&ReferenceSet::accepted_tcb_statuses>},
    {"AcceptedAdvisories", IntoSet<&ReferenceSet::accepted_advisories>},
    {"Sim", ReadSim},
    {"TDX", ReadTdx},
    {"SNP", ReadSnp},
}};

void ReadAlternatives(Decoder& d, JsonValue v, const Path& path, Package& out) {
  if (v.kind() != JsonKind::kArray) return d.WrongType(v, path, "a list of objects");
  v.ForEachElement([&](JsonValue element) {
    ReferenceSet set;
    ReadObject(d, element, Path(path, out.alternatives.size()), "an alternative of a package", kSetFields, set);
    out.alternatives.push_back(std::move(set));
  });
  if (out.alternatives.size() > Package::kMaxAlternatives) {
    d.Error(v, path, "manifest.package.alternatives",
            "a package has at most " + std::to_string(Package::kMaxAlternatives) + " alternatives");
  }
}

constexpr std::array<Field<Package>, 11> kPackageFields = {{
    {"Debug", InSet<IntoSet<&ReferenceSet::debug>>},
    {"UniqueID", InSet<ReadId<&ReferenceSet::unique_id>>},
    {"SignerID", InSet<ReadId<&ReferenceSet::signer_id>>},
    {"ProductID", InSet<IntoSet<&ReferenceSet::product_id>>},
    {"SecurityVersion", InSet<IntoSet<&ReferenceSet::security_version>>},
    {"AcceptedTCBStatuses", InSet<IntoSet<&ReferenceSet::accepted_tcb_statuses>>},
    {"AcceptedAdvisories", InSet<IntoSet<&ReferenceSet::accepted_advisories>>},
    {"Sim", InSet<ReadSim>},
    {"TDX", InSet<ReadTdx>},
    {"SNP", InSet<ReadSnp>},
    {"Alternatives", ReadAlternatives},
}};

}  // namespace

void ReadPackage(Decoder& d, JsonValue v, const Path& path, Package& out) {
  ReadObject(d, v, path, "a package", kPackageFields, out);
}

}  // namespace steelie::manifest
