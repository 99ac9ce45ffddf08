// How long is a durable write, alone and in a batch, and how long does a start take? The first two are the disk's sync
// plus little; the last must stay well below a second for 100,000 entries.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>

#include "base/check.h"
#include "crypto/random.h"
#include "ledger/ledger.h"
#include "ledger/memory/memory_store.h"
#include "ledger/sqlite/sqlite_store.h"

namespace steelie::ledger {
namespace {

constexpr std::size_t kEventSize = 200;

class Dir {
 public:
  Dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "steelie-bench-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Dir(const Dir&) = delete;
  Dir& operator=(const Dir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

SystemRandom system_random;

LedgerKey Key() { return LedgerKey(Bytes(32, 1)); }

std::vector<SecretBuffer> Events(std::size_t count) {
  return std::vector<SecretBuffer>(count, SecretBuffer(kEventSize));
}

std::shared_ptr<Store> OpenStore(const std::string& path) {
  auto store = SqliteStore::Open(path, {});
  STEELIE_CHECK(store.has_value());
  return std::move(*store);
}

std::unique_ptr<Ledger> Create(std::shared_ptr<Store> store) {
  auto ledger = Ledger::Create(std::move(store), {}, Key(), system_random, Events(1));
  STEELIE_CHECK(ledger.has_value());
  return std::move(*ledger);
}

void Append(Ledger& ledger, std::size_t count) {
  STEELIE_CHECK(ledger.Append(ledger.tail(), Events(count)).has_value());
}

void AppendDurable(benchmark::State& state) {
  const Dir dir;
  const auto ledger = Create(OpenStore(dir.path()));
  for (auto _ : state) Append(*ledger, static_cast<std::size_t>(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendDurable)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMicrosecond);

void AppendToMemory(benchmark::State& state) {
  const auto ledger = Create(std::make_shared<MemoryStore>());
  for (auto _ : state) Append(*ledger, 64);
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(AppendToMemory)->Unit(benchmark::kMicrosecond);

void Replay(benchmark::State& state) {
  const Dir dir;
  {
    const auto ledger = Create(OpenStore(dir.path()));
    for (std::int64_t n = 1; n < state.range(0);) {
      const std::int64_t batch = std::min<std::int64_t>(5000, state.range(0) - n);
      Append(*ledger, static_cast<std::size_t>(batch));
      n += batch;
    }
  }
  for (auto _ : state) {
    std::size_t bytes = 0;
    const auto ledger =
        Ledger::Open(OpenStore(dir.path()), Key(), system_random, {{}, [&](std::uint64_t, ByteView event) {
                                                                     bytes += event.size();
                                                                     return Ok();
                                                                   }});
    STEELIE_CHECK(ledger.has_value() && bytes == kEventSize * static_cast<std::size_t>(state.range(0)));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Replay)->Arg(1000)->Arg(100000)->UseRealTime()->Unit(benchmark::kMillisecond);

void OpenEmpty(benchmark::State& state) {
  const Dir dir;
  (void)Create(OpenStore(dir.path()));
  for (auto _ : state) STEELIE_CHECK(Ledger::Open(OpenStore(dir.path()), Key(), system_random, {}).has_value());
}
BENCHMARK(OpenEmpty)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelie::ledger
