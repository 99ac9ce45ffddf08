#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace steelie::backup {

/// What `sealed_key` says about itself, without the platform.
struct KeyState {
  enum class Verdict { kFits, kMissing, kDamaged, kOtherLedger, kOtherEpoch };

  struct Key {
    std::uint32_t epoch = 0;
    /// What the platform needs to derive the wrapping key: as text if it is printable, otherwise in hexadecimal.
    std::string platform;
  };

  Verdict verdict = Verdict::kMissing;
  std::vector<Key> keys;
  std::string message;  // what is wrong
};

/// `kFits`, `kMissing` and so on as words for people and machines: `fits`, `missing`, `damaged`, `other_ledger`,
/// `other_epoch`.
std::string_view VerdictName(KeyState::Verdict verdict);

/// Judges the key file's bytes (hostile) for a ledger.
KeyState JudgeKeyFile(ByteView bytes, const ledger::Header& header);
/// Reads and judges the file in a folder; nothing is changed.
KeyState ReadKeyState(const std::string& folder, const ledger::Header& header);

}  // namespace steelie::backup
