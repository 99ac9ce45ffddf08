#include "ledger/format.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/codec.h"
#include "crypto/kdf.h"

namespace steelie::ledger {
namespace {

constexpr std::string_view kRecordMagic = "STLR";
constexpr std::string_view kHeaderMagic = "STLH";
constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kSealingLabel = "steelie ledger sealing v1";
constexpr std::string_view kCheckLabel = "steelie ledger key check v1";

// Magic and version, with which every format of the ledger begins.
Status ReadPreamble(Reader& in, std::string_view magic, std::string_view what) {
  if (!PublicEqual(in.Take(magic.size()), AsBytes(magic))) return Corrupt(std::string(what) + " is malformed");
  const std::uint8_t version = in.U8();
  if (version > kVersion) {
    return Error(Code::kFailedPrecondition, "ledger.version",
                 std::string(what) + " was written by a newer version (format " + std::to_string(version) +
                     ", this program knows " + std::to_string(kVersion) + "): start a newer program");
  }
  if (version != kVersion) return Corrupt(std::string(what) + " is malformed");
  return Ok();
}

template <std::size_t N>
void CopyInto(std::array<std::uint8_t, N>& out, ByteView in) {
  if (in.size() == N) std::copy(in.begin(), in.end(), out.begin());
}

// The record's header and the hash of the ledger's.
std::array<std::uint8_t, kRecordHeaderSize + 32> AssociatedData(ByteView record_header,
                                                                const Sha256Digest& header_hash) {
  std::array<std::uint8_t, kRecordHeaderSize + 32> out{};
  STEELIE_CHECK(record_header.size() == kRecordHeaderSize);
  std::copy(header_hash.begin(), header_hash.end(), std::copy(record_header.begin(), record_header.end(), out.begin()));
  return out;
}

}  // namespace

Error Corrupt(std::string message) { return Error(Code::kDataLoss, "ledger.corrupt", std::move(message)); }

Result<RecordHeader> DecodeRecordHeader(ByteView record) {
  Reader in(record);
  STEELIE_CHECK_OK(ReadPreamble(in, kRecordMagic, "the record"));
  RecordHeader out;
  const std::uint8_t kind = in.U8();
  CopyInto(out.id, in.Take(out.id.size()));
  out.sequence = in.U64();
  out.key_epoch = in.U32();
  CopyInto(out.previous, in.Take(out.previous.size()));
  CopyInto(out.nonce, in.Take(out.nonce.size()));
  const std::size_t body = in.remaining();
  if (!in.ok() || kind < 1 || kind > 2 || out.sequence == 0 || body < kAeadTagSize) {
    return Corrupt("the record is malformed");
  }
  out.kind = static_cast<RecordKind>(kind);
  const std::size_t max = out.kind == RecordKind::kEntry ? kMaxEventSize : kMaxSnapshotSize;
  if (body - kAeadTagSize > max) return Corrupt("the record is too large");
  return out;
}

Bytes EncodeHeader(const Header& header, const Sha256Digest& key_check) {
  Writer out;
  out.Raw(AsBytes(kHeaderMagic));
  out.U8(kVersion);
  out.Raw(header.id);
  out.Bool(header.simulation);
  out.U32(header.key_epoch);
  out.Sized(header.recovery);
  out.Raw(key_check);
  out.Raw(Sha256(out.data()));
  return std::move(out).Take();
}

Result<StoredHeader> DecodeHeader(ByteView bytes) {
  Reader in(bytes);
  STEELIE_CHECK_OK(ReadPreamble(in, kHeaderMagic, "the ledger's header"));
  StoredHeader out;
  CopyInto(out.header.id, in.Take(out.header.id.size()));
  out.header.simulation = in.Bool();
  out.header.key_epoch = in.U32();
  out.header.recovery = ToBytes(in.Sized(kMaxRecoverySize));
  CopyInto(out.key_check, in.Take(out.key_check.size()));
  const std::size_t covered = in.position();
  const ByteView checksum = in.Take(32);
  if (!in.AtEnd() || out.header.key_epoch == 0 || !PublicEqual(checksum, Sha256(bytes.first(covered)))) {
    return Corrupt("the ledger's header is damaged");
  }
  out.hash = Sha256(bytes);
  return out;
}

EpochKeys DeriveEpochKeys(const LedgerKey& key, const LedgerId& id, std::uint32_t key_epoch) {
  STEELIE_CHECK(key.size() == kAeadKeySize);
  const auto info = [&](std::string_view label) {
    Writer out;
    out.Sized(label);
    out.U32(key_epoch);
    return std::move(out).Take();
  };
  EpochKeys out;
  key.Reveal([&](ByteView bytes) {
    out.sealing = Secret<SealingKeyTag>(HkdfSha256(bytes, id, info(kSealingLabel), kAeadKeySize));
    CopyInto(out.check, HkdfSha256(bytes, id, info(kCheckLabel), out.check.size()));
  });
  return out;
}

Bytes SealRecord(const RecordHeader& record, const Sha256Digest& header_hash, const Secret<SealingKeyTag>& key,
                 ByteView plaintext) {
  Writer out;
  out.Raw(AsBytes(kRecordMagic));
  out.U8(kVersion);
  out.U8(static_cast<std::uint8_t>(record.kind));
  out.Raw(record.id);
  out.U64(record.sequence);
  out.U32(record.key_epoch);
  out.Raw(record.previous);
  out.Raw(record.nonce);
  const auto associated = AssociatedData(out.data(), header_hash);
  out.Raw(key.Reveal([&](ByteView k) { return XaesSeal(k, record.nonce, associated, plaintext); }));
  return std::move(out).Take();
}

Result<SecretBuffer> OpenRecord(ByteView record, const XaesNonce& nonce, const Sha256Digest& header_hash,
                                const Secret<SealingKeyTag>& key) {
  const auto associated = AssociatedData(record.first(kRecordHeaderSize), header_hash);
  auto opened =
      key.Reveal([&](ByteView k) { return XaesOpen(k, nonce, associated, record.subspan(kRecordHeaderSize)); });
  if (!opened) return Corrupt("the record does not authenticate");
  return opened;
}

}  // namespace steelie::ledger
