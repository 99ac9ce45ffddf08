#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/hash.h"

namespace steelie::attest {

/// Which kind of evidence the claims come from.
enum class EvidenceKind {
  kNone,  // the empty quote of a marble without a TEE; accepted in simulation only
  kSim,
  kSgx,
  kTdx,
  kSnp,
};

/// `none`, `sim`, `sgx`, `tdx`, `snp`.
std::string_view EvidenceKindName(EvidenceKind kind);

/// 64 bytes that the attested program chose. The first 32 bind a connection: SHA-256 of the TLS leaf certificate's DER.
using ReportData = std::array<std::uint8_t, 64>;

/// What an SGX report says beside the common claims. Intel SDM volume 3D, section 38.15 (REPORT).
struct SgxClaims {
  std::array<std::uint8_t, 16> cpu_svn{};
  std::uint32_t misc_select = 0;
  std::uint64_t attributes = 0;  // FLAGS, little endian; bit 1 is DEBUG
  std::uint64_t xfrm = 0;
  std::array<std::uint8_t, 64> config_id{};
  std::uint16_t config_svn = 0;
  std::array<std::uint8_t, 16> extended_product_id{};
  std::array<std::uint8_t, 16> family_id{};

  bool operator==(const SgxClaims&) const = default;
};

/// What a TD report says beside the common claims. Intel TDX DCAP Quoting Library API, A.3.2 and A.3.3 (TD quote body
/// of TDX 1.0 and 1.5).
struct TdxClaims {
  using Measurement = std::array<std::uint8_t, 48>;

  std::array<std::uint8_t, 16> tee_tcb_svn{};
  Measurement mr_seam{};
  Measurement mr_signer_seam{};
  std::uint64_t seam_attributes = 0;
  std::uint64_t td_attributes = 0;  // little endian; see kDebug and its neighbours
  std::uint64_t xfam = 0;
  Measurement mr_config_id{};
  Measurement mr_owner{};
  Measurement mr_owner_config{};
  std::array<Measurement, 4> rtmr{};
  // Of TDX 1.5 only.
  std::optional<std::array<std::uint8_t, 16>> tee_tcb_svn2;
  std::optional<Measurement> mr_service_td;

  static constexpr std::uint64_t kDebug = 1U;
  static constexpr std::uint64_t kSeptVeDisable = std::uint64_t{1} << 28U;
  static constexpr std::uint64_t kMigratable = std::uint64_t{1} << 29U;

  bool operator==(const TdxClaims&) const = default;
};

/// Security version numbers of an SEV-SNP platform by component. AMD 56860 (SEV-SNP Firmware ABI), "TCB_VERSION".
struct SnpTcb {
  std::uint8_t fmc = 0;  // Turin and later; 0 before
  std::uint8_t boot_loader = 0;
  std::uint8_t tee = 0;
  std::uint8_t snp = 0;
  std::uint8_t microcode = 0;

  bool operator==(const SnpTcb&) const = default;
};

/// What an SEV-SNP attestation report says beside the common claims. AMD 56860, "ATTESTATION_REPORT".
struct SnpClaims {
  std::uint32_t version = 0;
  std::string product;  // `Milan`, `Genoa`, `Turin`
  std::uint32_t guest_svn = 0;
  std::uint64_t policy = 0;  // see kPolicyDebug and its neighbours
  std::array<std::uint8_t, 16> family_id{};
  std::array<std::uint8_t, 16> image_id{};
  std::uint32_t vmpl = 0;
  std::uint64_t platform_info = 0;
  std::array<std::uint8_t, 32> host_data{};
  std::array<std::uint8_t, 48> id_key_digest{};
  std::array<std::uint8_t, 48> author_key_digest{};
  std::array<std::uint8_t, 32> report_id{};
  std::array<std::uint8_t, 32> report_id_ma{};
  SnpTcb reported_tcb;  // what the signing certificate vouches for
  SnpTcb current_tcb;
  SnpTcb committed_tcb;
  SnpTcb launch_tcb;
  std::array<std::uint8_t, 64> chip_id{};  // zeros if the platform hides it, or with a VLEK
  bool vlek = false;                       // signed by a key of the cloud provider's (VLEK), not of the chip (VCEK)
  std::string csp;                         // the provider that a VLEK's certificate names; empty with a VCEK

  static constexpr std::uint64_t kPolicySmt = std::uint64_t{1} << 16U;
  static constexpr std::uint64_t kPolicyMigrateMa = std::uint64_t{1} << 18U;
  static constexpr std::uint64_t kPolicyDebug = std::uint64_t{1} << 19U;
  static constexpr std::uint64_t kPolicySingleSocket = std::uint64_t{1} << 20U;
  static constexpr std::uint64_t kPolicyCxl = std::uint64_t{1} << 21U;
  static constexpr std::uint64_t kPolicyAes256Xts = std::uint64_t{1} << 22U;
  static constexpr std::uint64_t kPolicyRaplDisabled = std::uint64_t{1} << 23U;
  static constexpr std::uint64_t kPolicyCiphertextHiding = std::uint64_t{1} << 24U;
  static constexpr std::uint64_t kPolicyPageSwapDisabled = std::uint64_t{1} << 25U;

  static constexpr std::uint64_t kPlatformSmt = 1U;
  static constexpr std::uint64_t kPlatformTsme = std::uint64_t{1} << 1U;
  static constexpr std::uint64_t kPlatformEcc = std::uint64_t{1} << 2U;
  static constexpr std::uint64_t kPlatformRaplDisabled = std::uint64_t{1} << 3U;
  static constexpr std::uint64_t kPlatformCiphertextHiding = std::uint64_t{1} << 4U;
  static constexpr std::uint64_t kPlatformAliasCheck = std::uint64_t{1} << 5U;

  bool operator==(const SnpClaims&) const = default;
};

/// The vendor's judgement of the platform, and how fresh it is. Of kinds that have one: SGX and TDX.
struct TcbClaims {
  std::string platform_status;  // of the CPU and, with TDX, its module, before the quoting enclave's is merged in
  std::string qe_status;
  std::uint32_t evaluation_data_number = 0;  // of the TCB info: only ever higher
  std::array<std::uint8_t, 6> fmspc{};
  CertificateTime issued{};       // of the newest artefact that was used
  CertificateTime valid_until{};  // of the artefact that ends first

  bool operator==(const TcbClaims&) const = default;
};

/// What verified evidence says. Everything that policy may look at is here; nothing else leaves a verifier.
struct Claims {
  EvidenceKind kind = EvidenceKind::kNone;
  ReportData report_data{};
  Bytes measurement;  // of the program: MRENCLAVE, MRTD, launch digest, or SHA-256 for simulated evidence
  Bytes signer;       // MRSIGNER, or the signer of simulated evidence; empty if the kind has none
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;  // ISVSVN, or the guest SVN of SEV-SNP
  bool debug = false;
  std::string tcb_status;               // as the vendor names it, all parts merged; empty if the kind has none
  std::vector<std::string> advisories;  // sorted, without duplicates
  std::optional<TcbClaims> tcb;
  // At most the one of the kind.
  std::optional<SgxClaims> sgx;
  std::optional<TdxClaims> tdx;
  std::optional<SnpClaims> snp;

  bool operator==(const Claims&) const = default;
};

/// Report data that binds to a certificate: its SHA-256, then zeros.
ReportData BindingTo(ByteView certificate_der);
/// The same over certificate and nonce, for the Coordinator's own evidence.
ReportData BindingTo(ByteView certificate_der, ByteView nonce);

}  // namespace steelie::attest
