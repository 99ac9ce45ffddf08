#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/sqlite/sqlite_store.h"
#include "ledger/test/harness.h"

namespace steelie::ledger::testing {

namespace fs = std::filesystem;

inline Bytes ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ToBytes(text);
}

inline void WriteFile(const std::string& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << AsText(bytes);
}

/// A seal directory, a ledger in it, and ways to damage both.
class Sqlite : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> OpenStore() {
    warnings_.clear();
    return SqliteStore::Open(Path(),
                             {.warn = [this](std::string_view text) { warnings_.emplace_back(text); }, .vfs = ""});
  }

  std::unique_ptr<Ledger> Create(int events) {
    auto store = OpenStore();
    EXPECT_TRUE(store.has_value()) << store.error().ToString();
    auto ledger = Ledger::Create(std::move(*store), HeaderOf(1), KeyOf(1), random_, Events({"1"}));
    EXPECT_TRUE(ledger.has_value()) << ledger.error().ToString();
    for (int i = 2; i <= events; ++i) Append(**ledger, std::to_string(i));
    return std::move(*ledger);
  }

  void Append(Ledger& ledger, const std::string& event) {
    const auto appended = ledger.Append(ledger.tail(), Events({event}));
    EXPECT_TRUE(appended.has_value()) << appended.error().ToString();
  }

  // The number of the last entry, or why the ledger does not open.
  std::string Opened(std::uint8_t key = 1) {
    auto store = OpenStore();
    if (!store) return store.error().ToString();
    const auto ledger = Ledger::Open(std::move(*store), KeyOf(key), random_, folded_.replay());
    return ledger ? std::to_string((*ledger)->tail().sequence) : ledger.error().ToString();
  }

  // The directory as a kill -9 now would leave it.
  void CrashCopy(const std::string& to) const {
    fs::remove_all(to);
    fs::copy(Path(), to);
  }

  void Restore(const std::string& from) const {
    fs::remove_all(Path());
    fs::copy(from, Path());
  }

  std::string Path() const { return dir_ / "seal"; }
  std::string File(const std::string& name) const { return Path() + "/" + name; }

  TempDir dir_;
  steelie::testing::InsecureSeededRandom random_{1};
  Folded folded_;
  std::vector<std::string> warnings_;
};

}  // namespace steelie::ledger::testing
