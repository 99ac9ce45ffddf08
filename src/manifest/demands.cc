#include "manifest/demands.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/codec.h"
#include "manifest/problem.h"

namespace steelie::manifest {
namespace {

/// Builds the list of one kind.
class Builder {
 public:
  explicit Builder(std::string section) : section_(std::move(section)) {}

  void Equal(std::string_view member, std::string_view rule, std::optional<std::string> value) {
    Demand demand = Make(Demand::Kind::kEqual, member, rule);
    demand.equal = std::move(value);
    demands_.push_back(std::move(demand));
  }
  void Flag(std::string_view member, std::string_view rule, bool value) {
    Equal(member, rule, value ? "true" : "false");
  }
  /// The claim must be true if that is required; else any.
  void Required(std::string_view member, std::string_view rule, bool required) {
    Equal(member, rule, required ? std::optional<std::string>("true") : std::nullopt);
  }
  /// The claim must be false unless it is allowed.
  void Allowed(std::string_view member, std::string_view rule, bool allowed) {
    Equal(member, rule, allowed ? std::nullopt : std::optional<std::string>("false"));
  }
  void Text(std::string_view member, std::string_view rule, const std::string& value) {
    Equal(member, rule, value.empty() ? std::nullopt : std::optional(AsciiLower(value)));
  }
  void Hex(std::string_view member, std::string_view rule, const std::optional<Bytes>& value) {
    Equal(member, rule, value ? std::optional(HexEncode(*value)) : std::nullopt);
  }
  void Number(std::string_view member, std::string_view rule, const std::optional<std::uint64_t>& value) {
    Equal(member, rule, value ? std::optional(std::to_string(*value)) : std::nullopt);
  }
  void Minimum(std::string_view member, std::string_view rule, std::uint64_t value) {
    Limit(Demand::Kind::kMinimum, member, rule, value);
  }
  void Maximum(std::string_view member, std::string_view rule, std::uint64_t value) {
    Limit(Demand::Kind::kMaximum, member, rule, value);
  }
  void OneOf(std::string_view member, std::string_view rule, std::optional<std::set<std::string>> values) {
    Demand demand = Make(Demand::Kind::kOneOf, member, rule);
    demand.one_of = std::move(values);
    demands_.push_back(std::move(demand));
  }
  void Bits(std::string_view member, std::string_view rule, const std::optional<std::uint64_t>& value,
            const std::optional<std::uint64_t>& mask) {
    Demand demand = Make(Demand::Kind::kBits, member, rule);
    if (value) demand.bits = MaskedBits{*value, mask.value_or(~std::uint64_t{0})};
    demands_.push_back(std::move(demand));
  }
  std::vector<Demand> Take() { return std::move(demands_); }

  /// What all kinds with vendor statuses share; stands beside the section, not in it.
  void Tcb(const ReferenceSet& set) {
    std::set<std::string> statuses{set.accepted_tcb_statuses.begin(), set.accepted_tcb_statuses.end()};
    if (statuses.empty()) statuses.insert("SWHardeningNeeded");
    statuses.insert("UpToDate");  // needs no listing
    const std::string section = std::exchange(section_, "");
    OneOf("AcceptedTCBStatuses", "tcb_status", std::move(statuses));
    std::set<std::string> advisories;
    for (const std::string& advisory : set.accepted_advisories) advisories.insert(AsciiLower(advisory));
    OneOf("AcceptedAdvisories", "advisories", advisories.empty() ? std::nullopt : std::optional(std::move(advisories)));
    section_ = section;
  }

 private:
  void Limit(Demand::Kind kind, std::string_view member, std::string_view rule, std::uint64_t value) {
    Demand demand = Make(kind, member, rule);
    demand.number = value;
    demands_.push_back(std::move(demand));
  }
  Demand Make(Demand::Kind kind, std::string_view member, std::string_view rule) const {
    Demand demand;
    demand.kind = kind;
    demand.member = section_.empty() ? std::string(member) : section_ + "/" + std::string(member);
    demand.rule = rule;
    return demand;
  }

  std::string section_;
  std::vector<Demand> demands_;
};

std::vector<Demand> DemandsOfSim(const SimPackage& sim) {
  Builder out("Sim");
  out.Flag("Debug", "debug", sim.debug);
  out.Hex("Measurement", "measurement", sim.measurement);
  out.Hex("SignerID", "signer", sim.signer_id);
  out.Number("ProductID", "product", sim.product_id);
  out.Minimum("SecurityVersion", "security_version", sim.security_version.value_or(0));
  return out.Take();
}

std::vector<Demand> DemandsOfSgx(const ReferenceSet& set) {
  Builder out("");
  out.Tcb(set);
  out.Flag("Debug", "debug", set.debug);
  out.Text("UniqueID", "unique_id", set.unique_id);
  out.Text("SignerID", "signer_id", set.signer_id);
  out.Number("ProductID", "product_id", set.product_id);
  out.Minimum("SecurityVersion", "security_version", set.security_version.value_or(0));
  return out.Take();
}

std::vector<Demand> DemandsOfTdx(const ReferenceSet& set) {
  const TdxPackage& tdx = *set.tdx;
  Builder out("TDX");
  out.Tcb(set);
  out.Flag("Debug", "debug", tdx.debug);
  out.Required("RequireSEPTVEDisable", "sept_ve_disable", tdx.require_sept_ve_disable);
  out.Allowed("AllowMigration", "migration", tdx.allow_migration);
  out.Hex("MRTD", "mrtd", tdx.mr_td);
  for (std::size_t i = 0; i < tdx.rtmr.size(); ++i) {
    out.Hex("RTMR" + std::to_string(i), "rtmr" + std::to_string(i), tdx.rtmr.at(i));
  }
  out.Hex("MRSEAM", "mrseam", tdx.mr_seam);
  out.Hex("MRSIGNERSEAM", "mrsignerseam", tdx.mr_signer_seam);
  out.Hex("MRCONFIGID", "mrconfigid", tdx.mr_config_id);
  out.Hex("MROWNER", "mrowner", tdx.mr_owner);
  out.Hex("MROWNERCONFIG", "mrownerconfig", tdx.mr_owner_config);
  out.Bits("Attributes", "attributes", tdx.attributes, tdx.attributes_mask);
  out.Bits("XFAM", "xfam", tdx.xfam, tdx.xfam_mask);
  return out.Take();
}

std::vector<Demand> DemandsOfSnp(const SnpPackage& snp) {
  Builder out("SNP");
  out.Flag("Debug", "debug", snp.debug);
  out.Hex("Measurement", "measurement", snp.measurement);
  out.Hex("HostData", "host_data", snp.host_data);
  out.Hex("IDKeyDigest", "id_key_digest", snp.id_key_digest);
  out.Hex("AuthorKeyDigest", "author_key_digest", snp.author_key_digest);
  out.Hex("FamilyID", "family_id", snp.family_id);
  out.Hex("ImageID", "image_id", snp.image_id);
  out.Minimum("GuestSVN", "guest_svn", snp.guest_svn.value_or(0));
  out.Maximum("VMPL", "vmpl", snp.vmpl);
  out.Allowed("Policy/AllowSMT", "policy.smt", snp.policy.allow_smt);
  out.Allowed("Policy/AllowMigrationAgent", "policy.migration_agent", snp.policy.allow_migration_agent);
  out.Allowed("Policy/AllowCXL", "policy.cxl", snp.policy.allow_cxl);
  out.Required("Policy/RequireSingleSocket", "policy.single_socket", snp.policy.require_single_socket);
  out.Required("Policy/RequireAES256XTS", "policy.aes256_xts", snp.policy.require_aes256_xts);
  out.Required("Policy/RequireRAPLDisabled", "policy.rapl_disabled", snp.policy.require_rapl_disabled);
  out.Required("Policy/RequireCiphertextHiding", "policy.ciphertext_hiding", snp.policy.require_ciphertext_hiding);
  out.Required("Policy/RequirePageSwapDisabled", "policy.page_swap_disabled", snp.policy.require_page_swap_disabled);
  out.Required("Platform/RequireSMTDisabled", "platform.smt_disabled", snp.platform.require_smt_disabled);
  out.Required("Platform/RequireTSME", "platform.tsme", snp.platform.require_tsme);
  out.Required("Platform/RequireECC", "platform.ecc", snp.platform.require_ecc);
  out.Required("Platform/RequireRAPLDisabled", "platform.rapl_disabled", snp.platform.require_rapl_disabled);
  out.Required("Platform/RequireCiphertextHiding", "platform.ciphertext_hiding",
               snp.platform.require_ciphertext_hiding);
  out.Required("Platform/RequireAliasCheck", "platform.alias_check", snp.platform.require_alias_check);
  out.Equal("SigningKey", "signing_key", snp.signing_key.empty() ? std::nullopt : std::optional(snp.signing_key));
  out.OneOf("ChipIDs", "chip_id",
            snp.chip_ids.empty() ? std::nullopt
                                 : std::optional(std::set<std::string>(snp.chip_ids.begin(), snp.chip_ids.end())));
  std::set<std::string> products;
  for (const auto& [product, minimum] : snp.minimum_tcb) products.insert(product);
  out.OneOf("MinimumTCB", "product", products.empty() ? std::nullopt : std::optional(std::move(products)));
  for (const auto& [product, minimum] : snp.minimum_tcb) {
    const std::string prefix = "MinimumTCB/" + product + "/";
    out.Minimum(prefix + "FMC", "tcb.fmc", minimum.fmc);
    out.Minimum(prefix + "BootLoader", "tcb.boot_loader", minimum.boot_loader);
    out.Minimum(prefix + "TEE", "tcb.tee", minimum.tee);
    out.Minimum(prefix + "SNP", "tcb.snp", minimum.snp);
    out.Minimum(prefix + "Microcode", "tcb.microcode", minimum.microcode);
  }
  return out.Take();
}

}  // namespace

std::string RegisterHex(std::uint64_t value) {
  Writer little_endian;
  little_endian.U64(value);
  return HexEncode(little_endian.data());
}

bool Demand::open() const {
  switch (kind) {
    case Kind::kEqual:
      return !equal;
    case Kind::kMinimum:
      return number == 0;
    case Kind::kMaximum:
      return false;
    case Kind::kOneOf:
      return !one_of;
    case Kind::kBits:
      return !bits;
  }
  return false;
}

std::string Demand::Expected() const {
  if (kind == Kind::kMinimum) return "at least " + std::to_string(number);
  if (kind == Kind::kMaximum) return "at most " + std::to_string(number);
  if (open()) return "any";
  if (kind == Kind::kEqual) return Shown(*equal);
  if (kind == Kind::kBits) {
    const std::string value = RegisterHex(bits->value);
    return ~bits->mask == 0 ? value : value + " in the bits of the mask " + RegisterHex(bits->mask);
  }
  std::string out;
  for (const std::string& value : *one_of) out += (out.empty() ? "" : ", ") + Shown(value);
  return out;
}

std::vector<Demand> DemandsOf(const ReferenceSet& set) {
  switch (KindOf(set)) {
    case PackageKind::kSim:
      return DemandsOfSim(*set.sim);
    case PackageKind::kTdx:
      return DemandsOfTdx(set);
    case PackageKind::kSnp:
      return DemandsOfSnp(*set.snp);
    case PackageKind::kSgx:
      break;
  }
  return DemandsOfSgx(set);
}

}  // namespace steelie::manifest
