#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace steelie::seal {

/// A small file in a seal directory, replaced as a whole: a crash or power cut at any instant leaves the file before or
/// the file after.
///
/// The directory must exist and be locked by the caller. Thread safety: one caller at a time.
class ReplacedFile {
 public:
  /// Called before every operation that changes the directory, with its name; a result other than 0 is the errno with
  /// which the operation fails instead. For fault injection.
  using Fault = std::function<int(std::string_view operation)>;

  /// `temporary` is the name of the file while it is written.
  ReplacedFile(const std::string& directory, std::string_view name, std::string_view temporary, std::size_t max_size,
               Fault fault);

  const std::string& path() const { return path_; }

  /// The bytes (hostile; one more than the maximum if there are more), or nothing if there is no file. Removes what an
  /// interrupted Write left behind. Errors: kUnavailable `seal.unreadable` no access, or the disk fails.
  Result<std::optional<Bytes>> Read();

  /// Replaces the file durably. After an error either the old or the new file is there, and Write may be tried again.
  /// Errors: kResourceExhausted `seal.full`, kUnavailable `seal.unreadable` no access, kDataLoss `seal.io`.
  Status Write(ByteView bytes);

  /// Removes the file durably; none is fine. Errors as Write.
  Status Remove();

 private:
  Status WriteSynced(ByteView bytes);
  Status SyncDirectory();
  // Whether a fault is to be injected; sets errno then.
  bool Fails(std::string_view operation) const;

  std::string directory_;
  std::string path_;
  std::string temporary_;
  std::size_t max_size_;
  Fault fault_;
};

}  // namespace steelie::seal
