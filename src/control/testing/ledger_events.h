#pragma once

#include <filesystem>
#include <vector>

#include "control/event.h"
#include "ledger/ledger.h"
#include "ledger/sqlite/sqlite_store.h"
#include "platform/platform.h"
#include "seal/directory.h"
#include "seal/key_file.h"

namespace steelie::control::testing {

/// Everything in the ledger of a stopped Coordinator, in order.
inline Result<std::vector<Event>> ReadLedger(const std::filesystem::path& directory, const platform::Platform& platform,
                                             Random& random) {
  STEELIE_TRY(std::shared_ptr<ledger::Store> store, ledger::SqliteStore::Open(directory.string(), {}));
  STEELIE_TRY(const ledger::Header header, ledger::Ledger::ReadHeader(*store));
  STEELIE_TRY(const std::optional<seal::KeyFile> file, seal::KeyDirectory(directory.string()).Read());
  if (!file || file->keys.empty()) return Error(Code::kNotFound, "test.key", "no sealed key");
  const seal::WrappedKey& wrapped = file->keys.back();
  STEELIE_TRY(const platform::SealingKey sealing, platform.SealingKeyFor(wrapped.platform_info));
  const auto platform_key = sealing.Reveal([](ByteView bytes) { return seal::PlatformKey(bytes); });
  STEELIE_TRY(const SecretBuffer key, seal::Unwrap(*file, wrapped, platform_key));
  std::vector<Event> events;
  ledger::Ledger::Replay replay;
  replay.snapshot = [](ByteView) -> Status { return Ok(); };
  replay.event = [&](std::uint64_t, ByteView bytes) -> Status {
    STEELIE_TRY(Event event, DecodeEvent(bytes));
    events.push_back(std::move(event));
    return Ok();
  };
  STEELIE_CHECK_OK(ledger::Ledger::Open(store, ledger::LedgerKey(ByteView(key)), random, replay));
  return events;
}

}  // namespace steelie::control::testing
