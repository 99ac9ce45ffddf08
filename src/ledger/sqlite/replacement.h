#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::ledger::sqlite {

/// What the file `replacing` says: the folder that the old ledger goes to, and what else goes with it.
struct ReplacementRecord {
  std::string target;
  std::vector<std::string> others;

  bool operator==(const ReplacementRecord&) const = default;
};

Bytes EncodeReplacementRecord(const ReplacementRecord& record);
/// Nothing if the bytes (hostile) are not a record, or name anything outside the directory.
std::optional<ReplacementRecord> DecodeReplacementRecord(ByteView bytes);

/// Puts the ledger of a seal directory aside, whole, so that a new one can be made in its place; and brings it back if
/// the new one never came to be.
///
/// A file of its own (`replacing`) says durably that this is under way, from before the first move until the new ledger
/// is durable. So a crash at any instant leaves the old ledger or the new one, never a directory that looks as if there
/// had been none.
///
/// One caller at a time, who holds the directory's lock. Hostile: the bytes of `replacing`.
class Replacement {
 public:
  /// Called before every operation that changes a directory, with its name; a result other than 0 is the errno with
  /// which the operation fails instead. For fault injection.
  using Fault = std::function<int(std::string_view operation)>;

  explicit Replacement(std::string directory, Fault fault = {})
      : directory_(std::move(directory)), fault_(std::move(fault)) {}

  /// Moves the closed ledger into the new folder `target` of the directory, with the files named in `others`. The
  /// write-ahead log must be empty. After an error, and until Finish, Resume brings all of it back.
  /// Errors: kInvalidArgument `ledger.backup_name`; kUnavailable `ledger.unreadable` no access, or `target` exists;
  /// kResourceExhausted `ledger.full`; kDataLoss `ledger.io`.
  Status Begin(const std::string& target, std::span<const std::string> others);

  /// Says that the new ledger is durable.
  Status Finish();

  /// At every opening of a directory, before anything else looks at it: ends what was interrupted. `vfs` as in
  /// SqliteStore::Options. Returns what was done, for the log, or an empty text.
  /// Errors: kDataLoss `ledger.corrupt` the record is damaged, or the ledger it speaks of is in neither place; those of
  /// opening a database.
  Result<std::string> Resume(const std::string& vfs);

 private:
  using Record = ReplacementRecord;

  std::string In(std::string_view name) const { return directory_ + "/" + std::string(name); }
  Result<std::optional<Record>> ReadRecord() const;
  Status WriteRecord(const Record& record) const;
  Status MoveAll(const Record& record, const std::string& from, const std::string& to) const;
  Status MoveBack(const Record& record) const;
  Result<bool> HoldsLedger(const std::string& vfs) const;
  // An error if a fault is to be injected.
  Status Step(std::string_view operation) const;

  std::string directory_;
  Fault fault_;
};

}  // namespace steelie::ledger::sqlite
