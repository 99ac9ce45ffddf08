#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "seal/key_file.h"

namespace steelie::seal {

/// The file `sealed_key` in a seal directory, replaced as a whole: a crash or power cut at any instant leaves the file
/// before or the file after.
///
/// The directory must exist and be locked by the caller (the ledger's store sees to both). No other file of a seal
/// directory has `key` in its name: operators delete `*key*` to force recovery.
///
/// Thread safety: one caller at a time. Hostile: the file's bytes.
class KeyDirectory {
 public:
  /// Called before every operation that changes the directory, with its name; a result other than 0 is the errno with
  /// which the operation fails instead. For fault injection.
  using Fault = std::function<int(std::string_view operation)>;

  explicit KeyDirectory(std::string directory, Fault fault = {})
      : directory_(std::move(directory)), fault_(std::move(fault)) {}

  /// The key file, or nothing if there is none. Removes what an interrupted Write left behind.
  /// Errors: those of DecodeKeyFile; kUnavailable `seal.unreadable` no access, or the disk fails. The Coordinator says
  /// so and enters recovery; the file stays where it is until the next Write.
  Result<std::optional<KeyFile>> Read();

  /// Replaces the file durably. After an error either the old or the new file is there, and Write may be tried again.
  /// Errors: kResourceExhausted `seal.full`, kUnavailable `seal.unreadable` no access, kDataLoss `seal.io`.
  Status Write(const KeyFile& file);

 private:
  Status WriteSynced(const std::string& path, ByteView bytes);
  Status SyncDirectory();
  // Whether a fault is to be injected; sets errno then.
  bool Fails(std::string_view operation) const;

  std::string directory_;
  Fault fault_;
};

}  // namespace steelie::seal
