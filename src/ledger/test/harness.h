#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/result_matchers.h"
#include "base/testing/seeded_random.h"
#include "ledger/ledger.h"
#include "ledger/memory/memory_store.h"

namespace steelie::ledger::testing {

using Contents = MemoryStore::Contents;

/// One kind of store as the contract tests see it: it can be closed, opened again and changed in between.
class Harness {
 public:
  virtual ~Harness() = default;
  /// Opens the store; the one opened before must be gone.
  virtual Result<std::shared_ptr<Store>> Open() = 0;
  /// Changes what is stored while nobody has it open, witnesses of the length included.
  virtual void Tamper(const std::function<void(Contents&)>& change) = 0;
};

std::unique_ptr<Harness> MakeMemoryHarness();
std::unique_ptr<Harness> MakeSqliteHarness();

/// A directory that is gone at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline LedgerKey KeyOf(std::uint8_t fill) { return LedgerKey(Bytes(32, fill)); }

inline Header HeaderOf(std::uint8_t id, std::uint32_t epoch = 1) {
  Header header;
  header.id.fill(id);
  header.key_epoch = epoch;
  header.recovery = ToBytes("who may recover");
  return header;
}

inline std::vector<SecretBuffer> Events(const std::vector<std::string>& texts) {
  std::vector<SecretBuffer> out;
  for (const std::string& text : texts) out.emplace_back(text.begin(), text.end());
  return out;
}

/// What a ledger folded to: the snapshot in brackets, then the events, joined by commas.
struct Folded {
  std::string text;

  Ledger::Replay replay() {
    text.clear();
    return {[this](ByteView snapshot) {
              text = "[" + ToText(snapshot) + "]";
              return Ok();
            },
            [this](std::uint64_t sequence, ByteView event) {
              text += (text.empty() ? "" : ",") + std::to_string(sequence) + "=" + ToText(event);
              return Ok();
            }};
  }
};

}  // namespace steelie::ledger::testing
