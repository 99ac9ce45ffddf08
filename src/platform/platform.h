#pragma once

#include <memory>
#include <string_view>

#include "attest/claims.h"
#include "base/result.h"
#include "secret/secret.h"

namespace steelie::platform {

struct SealingKeyTag;
/// 256 bits that only this program on this platform can derive (on a platform that protects anything).
using SealingKey = Secret<SealingKeyTag>;

/// To which programs a sealing key belongs: successors by the same signer too, or just this very build.
enum class SealingPolicy { kProduct, kUnique };

struct DerivedSealingKey {
  SealingKey key;
  /// What is needed to derive it again; public.
  Bytes info;
};

/// What the machine under this program offers. Thread-safe.
class Platform {
 public:
  virtual ~Platform() = default;

  /// `none`, `sim`, later `gramine`, `tdx`, `snp`.
  virtual std::string_view name() const = 0;
  /// Whether evidence of this platform means anything. False for `none` and `sim`: they need simulation mode.
  virtual bool is_real() const = 0;
  /// Whether IssueEvidence works at all.
  virtual bool issues_evidence() const = 0;

  /// Evidence over the report data. Errors: kUnimplemented `platform.no_evidence`; kUnavailable `platform.device`.
  virtual Result<Bytes> IssueEvidence(const attest::ReportData& report_data) const = 0;

  /// A key for sealing now. Errors: kUnavailable `platform.device`.
  virtual Result<DerivedSealingKey> NewSealingKey(SealingPolicy policy) const = 0;
  /// The key that NewSealingKey returned with this info, on the same machine. `info` is hostile.
  /// Errors: kPermissionDenied `platform.sealing_key` another machine or program.
  virtual Result<SealingKey> SealingKeyFor(ByteView info) const = 0;
};

}  // namespace steelie::platform
