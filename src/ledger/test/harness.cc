#include "ledger/test/harness.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "ledger/sqlite/connection.h"
#include "ledger/sqlite/sqlite_store.h"

namespace steelie::ledger::testing {
namespace {

class MemoryHarness final : public Harness {
 public:
  Result<std::shared_ptr<Store>> Open() override {
    store_->Reopen();
    return std::shared_ptr<Store>(store_);
  }
  void Tamper(const std::function<void(Contents&)>& change) override {
    Contents contents = store_->contents();
    change(contents);
    store_->set_contents(std::move(contents));
  }

 private:
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

class SqliteHarness final : public Harness {
 public:
  Result<std::shared_ptr<Store>> Open() override {
    STEELIE_TRY(auto store, SqliteStore::Open(directory_.path(), {}));
    return std::shared_ptr<Store>(std::move(store));
  }

  void Tamper(const std::function<void(Contents&)>& change) override {
    ASSERT_OK_AND_ASSIGN(const auto db, sqlite::Connection::Open(directory_ / "ledger.db", ""));
    Contents contents;
    Read(*db, "SELECT 1, header FROM ledger WHERE header IS NOT NULL",
         [&](std::uint64_t, ByteView bytes) { contents.header = ToBytes(bytes); });
    for (const auto& [table, map] : Tables(contents)) {
      Read(*db, "SELECT sequence, bytes FROM " + table,
           [&](std::uint64_t sequence, ByteView bytes) { (*map)[sequence] = ToBytes(bytes); });
      ASSERT_OK(db->Exec("DELETE FROM " + table));
    }
    change(contents);
    for (const auto& [table, map] : Tables(contents)) {
      for (const auto& [sequence, bytes] : *map) {
        ASSERT_OK(db->Exec("INSERT INTO " + table + " VALUES(" + std::to_string(sequence) + ", x'" + HexEncode(bytes) +
                           "')"));
      }
    }
    const std::string header = contents.header ? "x'" + HexEncode(*contents.header) + "'" : "NULL";
    ASSERT_OK(db->Exec("UPDATE ledger SET header = " + header));
    std::filesystem::remove(directory_ / "tail");
  }

 private:
  static std::vector<std::pair<std::string, std::map<std::uint64_t, Bytes>*>> Tables(Contents& contents) {
    return {{"entries", &contents.entries}, {"snapshots", &contents.snapshots}};
  }

  static void Read(sqlite::Connection& db, const std::string& sql,
                   const std::function<void(std::uint64_t, ByteView)>& row) {
    ASSERT_OK_AND_ASSIGN(auto statement, db.Prepare(sql));
    for (;;) {
      ASSERT_OK_AND_ASSIGN(const bool more, statement.Step());
      if (!more) return;
      row(statement.U64(0), statement.Blob(1));
    }
  }

  TempDir directory_;
};

}  // namespace

std::unique_ptr<Harness> MakeMemoryHarness() { return std::make_unique<MemoryHarness>(); }
std::unique_ptr<Harness> MakeSqliteHarness() { return std::make_unique<SqliteHarness>(); }

TempDir::TempDir() {
  // In memory where possible: the matrices of crash_test.cc sync thousands of times.
  const bool memory = ::access("/dev/shm", W_OK | X_OK) == 0;
  const std::filesystem::path parent = memory ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string pattern = (parent / "steelie-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace steelie::ledger::testing
