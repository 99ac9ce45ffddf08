#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "ledger/sqlite/directory.h"

namespace steelie::ledger::sqlite {

using StoreId = std::array<std::uint8_t, 16>;

/// What the tail record says: that the database with this identifier once held entries up to `sequence` durably.
struct TailRecord {
  StoreId store{};
  std::uint64_t sequence = 0;

  bool operator==(const TailRecord&) const = default;
};

inline constexpr std::size_t kTailSlotSize = 512;

Bytes EncodeTailSlot(const TailRecord& record);
/// Nothing if the slot (hostile bytes) is torn or empty. Errors: kFailedPrecondition `ledger.version`.
Result<std::optional<TailRecord>> DecodeTailSlot(ByteView slot);

/// The file `tail`, a witness outside the write-ahead log: two slots, written in turn after each commit and not synced
/// each time, so that it costs no second sync. It never names an entry that was not durable before; it may lag behind.
/// One caller at a time.
class TailFile {
 public:
  /// Reads the slots. A missing file is fine. `exists()` and `newest()` tell what was found.
  static Result<TailFile> Open(const std::string& directory);
  /// The same for looking only: Write must not be called.
  static Result<TailFile> OpenReadOnly(const std::string& directory);

  bool exists() const { return fd_.ok(); }
  /// The newest readable slot.
  const std::optional<TailRecord>& newest() const { return newest_; }

  /// Overwrites the older slot; creates the file (durably) if it is missing.
  Status Write(const TailRecord& record);
  Status Sync();

 private:
  static Result<TailFile> OpenWith(const std::string& directory, int flags);

  TailFile(std::string directory, Fd fd) : directory_(std::move(directory)), fd_(std::move(fd)) {}

  std::string directory_;
  Fd fd_;
  std::optional<TailRecord> newest_;
  std::size_t newest_slot_ = 1;
};

}  // namespace steelie::ledger::sqlite
