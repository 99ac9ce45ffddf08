#include "backup/manifest.h"

#include <algorithm>

#include "base/codec.h"

namespace steelie::backup {
namespace {

constexpr std::string_view kMagic = "STLB";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxName = 16;
constexpr std::size_t kMaxVersion = 128;
constexpr std::size_t kMaxParts = 2;

Error Malformed(const std::string& what) { return Error(Code::kDataLoss, "backup.manifest", what); }

template <std::size_t N>
void CopyInto(std::array<std::uint8_t, N>& out, ByteView in) {
  if (in.size() == N) std::copy(in.begin(), in.end(), out.begin());
}

BackupManifest::Part ReadPart(Reader& in) {
  BackupManifest::Part part;
  part.name = in.SizedText(kMaxName);
  part.size = in.U64();
  CopyInto(part.hash, in.Take(part.hash.size()));
  return part;
}

// The ledger, and at most the key file after it.
bool KnownParts(const std::vector<BackupManifest::Part>& parts) {
  if (parts.empty() || parts.front().name != kLedgerFile) return false;
  return parts.size() == 1 || (parts.back().name == kSealedFile && parts.back().size <= kMaxSealedSize);
}

}  // namespace

const BackupManifest::Part* BackupManifest::Find(const std::string& name) const {
  const auto found = std::ranges::find(parts, name, &Part::name);
  return found == parts.end() ? nullptr : &*found;
}

Bytes EncodeBackupManifest(const BackupManifest& manifest) {
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U8(kVersion);
  out.Raw(manifest.ledger_id);
  out.Bool(manifest.simulation);
  out.U32(manifest.key_epoch);
  out.U64(manifest.sequence);
  out.U64(manifest.made_at);
  out.Sized(std::string_view(manifest.program_version).substr(0, kMaxVersion));
  out.U32(static_cast<std::uint32_t>(manifest.parts.size()));
  for (const BackupManifest::Part& part : manifest.parts) {
    out.Sized(part.name);
    out.U64(part.size);
    out.Raw(part.hash);
  }
  out.Raw(Sha256(out.data()));
  return std::move(out).Take();
}

Result<BackupManifest> DecodeBackupManifest(ByteView bytes) {
  Reader in(bytes);
  if (!PublicEqual(in.Take(kMagic.size()), AsBytes(kMagic))) return Malformed("this is not the manifest of a backup");
  const std::uint8_t version = in.U8();
  if (version > kVersion) {
    return Error(Code::kFailedPrecondition, "backup.version",
                 "the backup was made by a newer version (format " + std::to_string(version) + ", this program knows " +
                     std::to_string(kVersion) + "): use that program");
  }
  BackupManifest out;
  CopyInto(out.ledger_id, in.Take(out.ledger_id.size()));
  out.simulation = in.Bool();
  out.key_epoch = in.U32();
  out.sequence = in.U64();
  out.made_at = in.U64();
  out.program_version = in.SizedText(kMaxVersion);
  const std::uint32_t count = in.Count(44, kMaxParts);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) out.parts.push_back(ReadPart(in));
  const std::size_t covered = in.position();
  const ByteView checksum = in.Take(32);
  if (version != kVersion || !in.AtEnd() || !PublicEqual(checksum, Sha256(bytes.first(covered)))) {
    return Malformed("the manifest of the backup is damaged");
  }
  if (!KnownParts(out.parts) || out.key_epoch == 0 || out.sequence == 0) {
    return Malformed("the manifest of the backup says what cannot be");
  }
  return out;
}

}  // namespace steelie::backup
