#include "ledger/sqlite/replacement.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/codec.h"
#include "base/file.h"
#include "ledger/sqlite/database.h"
#include "ledger/sqlite/directory.h"

namespace steelie::ledger::sqlite {
namespace {

constexpr std::string_view kRecord = "replacing";
constexpr std::string_view kTemporary = "replacing.tmp";
constexpr std::string_view kMagic = "STLR";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxOthers = 16;
constexpr std::size_t kMaxRecord = std::size_t{16} << 10U;

// The name of a file in the directory itself: what the record says must not lead anywhere else.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::ranges::none_of(name, [](char c) { return c == '/' || c == '\0'; });
}

Error Damaged(const std::string& directory, const std::string& what) {
  return Error(Code::kDataLoss, "ledger.corrupt",
               directory + "/" + std::string(kRecord) + " says that an old ledger was to be kept as a backup, but " +
                   what + ". Move the files of the newest backup folder back by hand and delete " +
                   std::string(kRecord));
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

Bytes EncodeReplacementRecord(const ReplacementRecord& record) {
  Writer out;
  out.Raw(AsBytes(kMagic));
  out.U8(kVersion);
  out.Sized(record.target);
  out.U32(static_cast<std::uint32_t>(record.others.size()));
  for (const std::string& name : record.others) out.Sized(name);
  return std::move(out).Take();
}

std::optional<ReplacementRecord> DecodeReplacementRecord(ByteView bytes) {
  Reader in(bytes);
  const bool known = PublicEqual(in.Take(kMagic.size()), AsBytes(kMagic)) && in.U8() == kVersion;
  ReplacementRecord record;
  record.target = in.SizedText(kMaxName);
  const std::uint32_t count = in.Count(sizeof(std::uint32_t), kMaxOthers);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) record.others.push_back(in.SizedText(kMaxName));
  if (!known || !in.AtEnd() || !IsPlainName(record.target)) return std::nullopt;
  if (!std::ranges::all_of(record.others, IsPlainName)) return std::nullopt;
  return record;
}

Status Replacement::Step(std::string_view operation) const {
  const int error = fault_ ? fault_(operation) : 0;
  if (error != 0) return SystemError(error, std::string(operation));
  return Ok();
}

Result<std::optional<Replacement::Record>> Replacement::ReadRecord() const {
  const std::string path = In(kRecord);
  if (!Exists(path)) return std::optional<Record>();
  STEELIE_TRY(const std::uint64_t size, FileSize(path));
  if (size > kMaxRecord) return Damaged(directory_, "it is damaged");
  STEELIE_TRY(const Bytes bytes, ReadFile(path, kMaxRecord));
  std::optional<Record> record = DecodeReplacementRecord(bytes);
  if (!record) return Damaged(directory_, "it is damaged");
  return record;
}

Status Replacement::WriteRecord(const Record& record) const {
  STEELIE_CHECK_OK(Step("write record"));
  STEELIE_CHECK_OK(WriteNew(In(kTemporary), EncodeReplacementRecord(record)));
  STEELIE_CHECK_OK(Step("rename record"));
  STEELIE_CHECK_OK(MoveFile(In(kTemporary), In(kRecord)));
  STEELIE_CHECK_OK(Step("sync record"));
  return SyncDirectory(directory_);
}

// The ledger goes last: where it is says whether the move is over. The tail record goes before it: without its ledger
// it would stand against another one.
Status Replacement::MoveAll(const Record& record, const std::string& from, const std::string& to) const {
  std::vector<std::string> names = record.others;
  names.insert(names.end(), {"tail", "ledger.db"});
  for (const std::string& name : names) {
    STEELIE_CHECK_OK(Step("move " + name));
    STEELIE_CHECK_OK(MoveFile(from + "/" + name, to + "/" + name));
  }
  STEELIE_CHECK_OK(Step("sync target"));
  STEELIE_CHECK_OK(SyncDirectory(to));
  STEELIE_CHECK_OK(Step("sync source"));
  return SyncDirectory(from);
}

Status Replacement::Begin(const std::string& target, std::span<const std::string> others) {
  Record record{target, {others.begin(), others.end()}};
  if (!IsPlainName(target) || !std::ranges::all_of(record.others, IsPlainName) || others.size() > kMaxOthers) {
    return Error(Code::kInvalidArgument, "ledger.backup_name", target + " is not a name for a backup folder");
  }
  if (Exists(In(target))) {
    return Error(Code::kUnavailable, "ledger.unreadable", In(target) + " exists already");
  }
  STEELIE_CHECK_OK(WriteRecord(record));
  // The old ledger is closed and needs none; beside the new one it would be taken for that one's.
  STEELIE_CHECK_OK(Step("remove journal"));
  STEELIE_CHECK_OK(RemoveFile(In("ledger.db-journal")));
  STEELIE_CHECK_OK(Step("create target"));
  STEELIE_CHECK_OK(CreateDirectory(In(target)));
  return MoveAll(record, directory_, In(target));
}

Status Replacement::Finish() {
  STEELIE_CHECK_OK(Step("remove record"));
  STEELIE_CHECK_OK(RemoveFile(In(kRecord)));
  STEELIE_CHECK_OK(Step("sync directory"));
  return SyncDirectory(directory_);
}

Result<bool> Replacement::HoldsLedger(const std::string& vfs) const {
  STEELIE_TRY(const std::uint64_t size, FileSize(In("ledger.db")));
  if (size == 0) return false;
  STEELIE_TRY(const TailFile tail, TailFile::Open(directory_));
  STEELIE_TRY(const Database database, OpenDatabase(directory_, vfs, tail));
  return database.has_header;
}

// What was begun in place of the old ledger goes first, durably: a log that belongs to another database must never lie
// beside the old one.
Status Replacement::MoveBack(const Record& record) const {
  // The journal of its creation first: SQLite would undo with it what lies beside it, that is, empty the old ledger.
  for (const char* name : {"ledger.db-journal", "ledger.db", "ledger.db-wal"}) {
    STEELIE_CHECK_OK(Step("remove new"));
    STEELIE_CHECK_OK(RemoveFile(In(name)));
  }
  STEELIE_CHECK_OK(Step("sync removed"));
  STEELIE_CHECK_OK(SyncDirectory(directory_));
  return MoveAll(record, In(record.target), directory_);
}

Result<std::string> Replacement::Resume(const std::string& vfs) {
  STEELIE_TRY(const std::optional<Record> record, ReadRecord());
  if (!record) return std::string();
  const std::string target = In(record->target);
  const bool aside = Exists(target + "/ledger.db");
  STEELIE_TRY(const bool here, HoldsLedger(vfs));
  if (here && aside) {
    STEELIE_CHECK_OK(Finish());
    return "the ledger that took the place of the one in " + target + " is complete";
  }
  if (!here && !aside) return Damaged(directory_, "there is none, neither here nor in " + target);
  if (!here) STEELIE_CHECK_OK(MoveBack(*record));
  if (here && Exists(target)) STEELIE_CHECK_OK(MoveAll(*record, target, directory_));
  (void)::rmdir(target.c_str());
  STEELIE_CHECK_OK(Finish());
  return "the old ledger is back in its place: making a new one was interrupted";
}

}  // namespace steelie::ledger::sqlite
