#include "ledger/sqlite/tail_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/codec.h"
#include "crypto/hash.h"

namespace steelie::ledger::sqlite {
namespace {

constexpr std::string_view kMagic = "STLT";
constexpr std::uint8_t kVersion = 1;

std::string PathIn(const std::string& directory) { return directory + "/tail"; }

}  // namespace

Bytes EncodeTailSlot(const TailRecord& record) {
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U8(kVersion);
  out.Raw(record.store);
  out.U64(record.sequence);
  out.Raw(Sha256(out.data()));
  Bytes slot = std::move(out).Take();
  slot.resize(kTailSlotSize);
  return slot;
}

Result<std::optional<TailRecord>> DecodeTailSlot(ByteView slot) {
  const std::optional<TailRecord> unreadable;
  Reader in(slot);
  if (!PublicEqual(in.Take(kMagic.size()), AsBytes(kMagic))) return unreadable;
  const std::uint8_t version = in.U8();
  TailRecord record;
  const ByteView store = in.Take(record.store.size());
  record.sequence = in.U64();
  const std::size_t covered = in.position();
  const ByteView checksum = in.Take(32);
  if (!in.ok() || !PublicEqual(checksum, Sha256(slot.first(covered)))) return unreadable;
  if (version != kVersion) {
    return Error(Code::kFailedPrecondition, "ledger.version",
                 "the tail record was written by another version (format " + std::to_string(version) +
                     ", this program knows " + std::to_string(kVersion) + ")");
  }
  std::copy(store.begin(), store.end(), record.store.begin());
  return std::optional<TailRecord>(record);
}

Result<TailFile> TailFile::Open(const std::string& directory) { return OpenWith(directory, O_RDWR); }

Result<TailFile> TailFile::OpenReadOnly(const std::string& directory) { return OpenWith(directory, O_RDONLY); }

Result<TailFile> TailFile::OpenWith(const std::string& directory, int flags) {
  const std::string path = PathIn(directory);
  // A pipe in its place must not make us wait; it counts as torn.
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok() && errno != ENOENT) return SystemError(errno, "opening " + path);
  TailFile file(directory, std::move(fd));
  if (!file.exists()) return file;
  std::array<std::uint8_t, 2 * kTailSlotSize> bytes{};
  ssize_t n = 0;
  do {
    n = ::pread(file.fd_.get(), bytes.data(), bytes.size(), 0);
  } while (n < 0 && errno == EINTR);
  // A file that cannot be read counts as torn: it is a witness, not the state.
  if (n < 0) return file;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    STEELIE_TRY(const std::optional<TailRecord> record,
                DecodeTailSlot(ByteView(bytes).subspan(slot * kTailSlotSize, kTailSlotSize)));
    if (record && (!file.newest_ || record->sequence > file.newest_->sequence)) {
      file.newest_ = record;
      file.newest_slot_ = slot;
    }
  }
  return file;
}

Status TailFile::Write(const TailRecord& record) {
  const std::string path = PathIn(directory_);
  const bool created = !fd_.ok();
  if (created) {
    fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd_.ok()) return SystemError(errno, "creating " + path);
  }
  const Bytes slot = EncodeTailSlot(record);
  const std::size_t target = 1 - newest_slot_;
  ssize_t n = 0;
  do {
    n = ::pwrite(fd_.get(), slot.data(), slot.size(), static_cast<off_t>(target * kTailSlotSize));
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(slot.size())) return SystemError(n < 0 ? errno : ENOSPC, "writing " + path);
  newest_ = record;
  newest_slot_ = target;
  if (!created) return Ok();
  STEELIE_CHECK_OK(Sync());
  return SyncDirectory(directory_);
}

Status TailFile::Sync() {
  if (!fd_.ok() || ::fsync(fd_.get()) == 0) return Ok();
  return SystemError(errno, "syncing " + PathIn(directory_));
}

}  // namespace steelie::ledger::sqlite
