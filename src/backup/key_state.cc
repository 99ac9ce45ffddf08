#include "backup/key_state.h"

#include <algorithm>

#include "backup/files.h"
#include "backup/manifest.h"
#include "seal/key_file.h"

namespace steelie::backup {
namespace {

constexpr std::size_t kMostShown = 64;

std::string Shown(ByteView info) {
  const bool text = !info.empty() && info.size() <= kMostShown &&
                    std::ranges::all_of(info, [](std::uint8_t c) { return c > ' ' && c < 0x7f; });
  if (text) return std::string(AsText(info));
  return HexEncode(info.first(std::min(info.size(), kMostShown))) + (info.size() > kMostShown ? "..." : "");
}

}  // namespace

std::string_view VerdictName(KeyState::Verdict verdict) {
  switch (verdict) {
    case KeyState::Verdict::kFits:
      return "fits";
    case KeyState::Verdict::kMissing:
      return "missing";
    case KeyState::Verdict::kDamaged:
      return "damaged";
    case KeyState::Verdict::kOtherLedger:
      return "other_ledger";
    case KeyState::Verdict::kOtherEpoch:
      return "other_epoch";
  }
  return "";
}

KeyState JudgeKeyFile(ByteView bytes, const ledger::Header& header) {
  const auto file = seal::DecodeKeyFile(bytes);
  KeyState state;
  if (!file) {
    state.verdict = KeyState::Verdict::kDamaged;
    state.message = file.error().message();
    return state;
  }
  for (const seal::WrappedKey& key : file->keys) state.keys.push_back({key.key_epoch, Shown(key.platform_info)});
  if (file->ledger_id != header.id || file->simulation != header.simulation) {
    state.verdict = KeyState::Verdict::kOtherLedger;
    state.message = "the key file belongs to another ledger";
  } else if (std::ranges::find(state.keys, header.key_epoch, &KeyState::Key::epoch) == state.keys.end()) {
    state.verdict = KeyState::Verdict::kOtherEpoch;
    state.message = "the key file has no key of epoch " + std::to_string(header.key_epoch);
  } else {
    state.verdict = KeyState::Verdict::kFits;
  }
  return state;
}

KeyState ReadKeyState(const std::string& folder, const ledger::Header& header) {
  const std::string path = folder + "/" + kSealedFile;
  if (!Exists(path)) return {};
  const auto bytes = ReadSmallFile(path, kMaxSealedSize);
  if (bytes) return JudgeKeyFile(*bytes, header);
  KeyState state;
  state.verdict = KeyState::Verdict::kDamaged;
  state.message = bytes.error().message();
  return state;
}

}  // namespace steelie::backup
