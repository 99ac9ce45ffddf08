#include "attest/claims.h"

#include <algorithm>

namespace steelie::attest {

std::string_view EvidenceKindName(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::kNone:
      return "none";
    case EvidenceKind::kSim:
      return "sim";
    case EvidenceKind::kSgx:
      return "sgx";
    case EvidenceKind::kTdx:
      return "tdx";
    case EvidenceKind::kSnp:
      return "snp";
  }
  return "none";
}

ReportData BindingTo(ByteView certificate_der) { return BindingTo(certificate_der, {}); }

ReportData BindingTo(ByteView certificate_der, ByteView nonce) {
  ReportData data{};
  std::ranges::copy(Sha256({certificate_der, nonce}), data.begin());
  return data;
}

}  // namespace steelie::attest
