#include "platform/none.h"

#include "crypto/hash.h"

namespace steelie::platform {
namespace {

constexpr std::string_view kInfo = "none-1";

SealingKey PublishedKey() {
  const Sha256Digest digest = Sha256(AsBytes("steelie: sealing without protection, for simulation only"));
  return SealingKey(ByteView(digest));
}

}  // namespace

Result<Bytes> NonePlatform::IssueEvidence(const attest::ReportData&) const {
  return Error(Code::kUnimplemented, "platform.no_evidence", "there is no TEE on this machine that issues evidence");
}

Result<DerivedSealingKey> NonePlatform::NewSealingKey(SealingPolicy) const {
  return DerivedSealingKey{PublishedKey(), ToBytes(kInfo)};
}

Result<SealingKey> NonePlatform::SealingKeyFor(ByteView info) const {
  if (AsText(info) != kInfo) {
    return Error(Code::kPermissionDenied, "platform.sealing_key", "the key was sealed on a platform other than `none`");
  }
  return PublishedKey();
}

}  // namespace steelie::platform
