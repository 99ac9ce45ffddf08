// Writes to a ledger until it is killed. Says on standard output, a line each, what is about to be written and what was
// acknowledged; crash_kill_test.cc reads it.
//
// Usage: ledger_crash_child DIRECTORY

#include <cstdio>
#include <string>

#include "crypto/random.h"
#include "ledger/ledger.h"
#include "ledger/sqlite/sqlite_store.h"

namespace steelie::ledger {
namespace {

SecretBuffer Event(std::uint64_t sequence) {
  std::string text = "e" + std::to_string(sequence);
  text.resize(text.size() + sequence * 37 % 3000, '.');
  return {text.begin(), text.end()};
}

void Say(const char* what, std::uint64_t sequence) {
  std::printf("%s %llu\n", what, static_cast<unsigned long long>(sequence));
  (void)std::fflush(stdout);
}

Status Run(const std::string& directory) {
  SystemRandom random;
  STEELIE_TRY(auto opened, SqliteStore::Open(directory, {}));
  const std::shared_ptr<Store> store(std::move(opened));
  const auto key = [] { return LedgerKey(Bytes(32, 1)); };
  auto ledger = Ledger::Open(store, key(), random, {});
  if (!ledger && ledger.error().reason() == "ledger.none") {
    std::vector<SecretBuffer> first;
    first.push_back(Event(1));
    Say("writing", 1);
    ledger = Ledger::Create(store, {}, key(), random, first);
  }
  if (!ledger) return ledger.error();
  for (;;) {
    const Tail tail = (*ledger)->tail();
    Say("has", tail.sequence);
    if (tail.sequence % 7 == 0 && (*ledger)->entries_since_snapshot() != 0) {
      STEELIE_CHECK_OK((*ledger)->WriteSnapshot(tail, Bytes(5000, 'S'), tail.sequence - 3));
    }
    if (tail.sequence % 31 == 0) {
      Header header = (*ledger)->header();
      ++header.key_epoch;
      STEELIE_CHECK_OK((*ledger)->StartEpoch(tail, header, key(), AsBytes("E")));
    }
    std::vector<SecretBuffer> events;
    for (std::uint64_t i = 1; i <= 1 + tail.sequence % 3; ++i) events.push_back(Event(tail.sequence + i));
    Say("writing", tail.sequence + events.size());
    STEELIE_CHECK_OK((*ledger)->Append(tail, events));
  }
}

}  // namespace
}  // namespace steelie::ledger

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto status = steelie::ledger::Run(argv[1]);
  std::fprintf(stderr, "%s\n", status.error().ToString().c_str());
  return 1;
}
