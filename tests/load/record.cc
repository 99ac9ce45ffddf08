// steelie-record DIRECTORY N: adds N activations to the history in the seal directory of a stopped Coordinator that ran
// in simulation mode without a platform. For measuring starts over a long history.

#include <cstdio>
#include <cstdlib>

#include "control/journal.h"
#include "control/vault.h"
#include "crypto/random.h"
#include "platform/none.h"

namespace steelie::load {
namespace {

constexpr int kBatch = 1000;

Status Record(const char* directory, int count) {
  const SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  const platform::NonePlatform platform;
  control::Vault vault(directory, platform, true, random, clock, logger);
  STEELIE_TRY(control::Opened opened, vault.Open());
  if (!opened.state) return Error(Code::kFailedPrecondition, "record.state", "there is no state that can be opened");
  const auto& marbles = opened.state->deployment->marbles();
  const std::string type = marbles.begin()->first;
  control::Journal journal(std::move(*opened.state), std::move(opened.ledger), clock, logger, {});
  for (int i = 1; i <= count; ++i) {
    journal.Record(control::Activated{type, Uuid(random.Take<16>()), false, 0, {}, {}});
    if (i % kBatch == 0) journal.Flush();
  }
  return Ok();
}

}  // namespace
}  // namespace steelie::load

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: steelie-record DIRECTORY N\n", stderr);
    return 2;
  }
  const auto done = steelie::load::Record(argv[1], std::atoi(argv[2]));
  if (!done) std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return done ? 0 : 1;
}
