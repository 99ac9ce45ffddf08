#pragma once

#include "platform/platform.h"

namespace steelie::platform {

/// No TEE: issues no evidence, and its sealing key protects nothing (it is a published constant). For development, in
/// simulation mode only.
class NonePlatform final : public Platform {
 public:
  std::string_view name() const override { return "none"; }
  bool is_real() const override { return false; }
  bool issues_evidence() const override { return false; }
  Result<Bytes> IssueEvidence(const attest::ReportData& report_data) const override;
  Result<DerivedSealingKey> NewSealingKey(SealingPolicy policy) const override;
  Result<SealingKey> SealingKeyFor(ByteView info) const override;
};

}  // namespace steelie::platform
