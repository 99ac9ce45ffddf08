#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "seal/key_file.h"
#include "seal/replaced_file.h"

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
  using Fault = ReplacedFile::Fault;

  explicit KeyDirectory(const std::string& directory, Fault fault = {});

  /// The key file, or nothing if there is none. Removes what an interrupted Write left behind.
  /// Errors: those of DecodeKeyFile; kUnavailable `seal.unreadable` no access, or the disk fails. The Coordinator says
  /// so and enters recovery; the file stays where it is until the next Write.
  Result<std::optional<KeyFile>> Read();

  /// Replaces the file durably. After an error either the old or the new file is there, and Write may be tried again.
  /// Errors: kResourceExhausted `seal.full`, kUnavailable `seal.unreadable` no access, kDataLoss `seal.io`.
  Status Write(const KeyFile& file);

 private:
  ReplacedFile file_;
};

}  // namespace steelie::seal
