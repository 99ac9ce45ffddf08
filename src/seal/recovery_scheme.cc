// The encoding of RecoveryScheme, as docs/formats/ledger.md specifies it.

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/codec.h"
#include "seal/recovery.h"

namespace steelie::seal {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxHolders = 4096;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxSpki = std::size_t{16} << 10U;

Error Malformed(const char* message) { return Error(Code::kDataLoss, "recovery.scheme", message); }

// Whether mode, number and threshold belong together as GenerateRecovery makes them.
bool Plausible(const RecoveryScheme& scheme) {
  const std::size_t n = scheme.holders.size();
  switch (scheme.mode) {
    case RecoveryMode::kNone:
      return n == 0 && scheme.required == 0;
    case RecoveryMode::kSingle:
      return n == 1 && scheme.required == 1;
    case RecoveryMode::kAll:
      return n >= 2 && scheme.required == n;
    case RecoveryMode::kThreshold:
      return n <= 255 && scheme.required >= 2 && scheme.required < n;
  }
  return false;
}

}  // namespace

Bytes EncodeRecoveryScheme(const RecoveryScheme& scheme) {
  STEELIE_CHECK(Plausible(scheme));
  Writer out;
  out.U8(kVersion);
  out.U8(static_cast<std::uint8_t>(scheme.mode));
  out.U32(scheme.required);
  out.U32(static_cast<std::uint32_t>(scheme.holders.size()));
  for (const RecoveryHolder& holder : scheme.holders) {
    out.Sized(holder.name);
    out.Sized(holder.spki);
    out.Raw(holder.pem_hash);
    out.Raw(holder.commitment);
    out.Raw(holder.possession);
  }
  return std::move(out).Take();
}

Result<RecoveryScheme> DecodeRecoveryScheme(ByteView bytes) {
  Reader in(bytes);
  const std::uint8_t version = in.U8();
  if (version > kVersion) {
    return Error(Code::kFailedPrecondition, "recovery.version",
                 "the recovery data was written by a newer version (format " + std::to_string(version) + ")");
  }
  const std::uint8_t mode = in.U8();
  RecoveryScheme out;
  out.required = in.U32();
  const std::uint32_t count = in.Count(104, kMaxHolders);
  if (version != kVersion || mode > 3) return Malformed("the recovery data is malformed");
  out.mode = static_cast<RecoveryMode>(mode);
  std::set<std::string> names;
  std::set<Sha256Digest> commitments;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    RecoveryHolder holder;
    holder.name = in.SizedText(kMaxName);
    holder.spki = ToBytes(in.Sized(kMaxSpki));
    const ByteView pem_hash = in.Take(holder.pem_hash.size());
    const ByteView commitment = in.Take(holder.commitment.size());
    const ByteView possession = in.Take(holder.possession.size());
    if (!in.ok()) break;
    std::ranges::copy(pem_hash, holder.pem_hash.begin());
    std::ranges::copy(commitment, holder.commitment.begin());
    std::ranges::copy(possession, holder.possession.begin());
    if (!names.insert(holder.name).second || !commitments.insert(holder.commitment).second) in.Fail();
    out.holders.push_back(std::move(holder));
  }
  if (!in.AtEnd() || !Plausible(out)) return Malformed("the recovery data is malformed");
  return out;
}

}  // namespace steelie::seal
