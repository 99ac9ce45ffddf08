#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
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

/// What verified evidence says. Everything that policy may look at is here; nothing else leaves a verifier.
struct Claims {
  EvidenceKind kind = EvidenceKind::kNone;
  ReportData report_data{};
  Bytes measurement;  // of the program: MRENCLAVE, MRTD, launch digest, or SHA-256 for simulated evidence
  Bytes signer;       // MRSIGNER or its like; empty if the kind has none
  std::uint64_t product_id = 0;
  std::uint64_t security_version = 0;
  bool debug = false;
  std::string tcb_status;  // as the vendor names it; empty if the kind has none
  std::vector<std::string> advisories;
};

/// Report data that binds to a certificate: its SHA-256, then zeros.
ReportData BindingTo(ByteView certificate_der);
/// The same over certificate and nonce, for the Coordinator's own evidence.
ReportData BindingTo(ByteView certificate_der, ByteView nonce);

}  // namespace steelie::attest
