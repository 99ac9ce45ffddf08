// steelie-load: activates marbles against a running Coordinator as fast as asked, each on a connection of its own, and
// prints what it took as JSON. For simulation mode: it sends no evidence. tests/load/bench.py drives it.

#include <dirent.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "crypto/random.h"
#include "marble/grpc_client.h"
#include "marble/parameters.h"

namespace steelie::load {
namespace {

using marble::Endpoint;
using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

// From here on the error of ticks is below two hundredths.
constexpr double kEnoughTicksMs = 500;

constexpr const char* kUsage =
    "usage: steelie-load --addr HOST:PORT --type MARBLE [--count N] [--parallel C] [--key p256|p384] [--pid PID]\n"
    "                    [--handshake]\n"
    "  --pid        also report CPU time and memory of this process, the Coordinator\n"
    "  --handshake  only connect and close\n";

struct Options {
  std::string address, type;
  std::size_t count = 1000;
  std::size_t parallel = 1;
  KeyKind key = KeyKind::kEcP256;
  int pid = 0;
  bool handshake = false;
};

template <typename Number>
bool ParseNumber(std::string_view text, Number& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size() && out > 0;
}

std::optional<Options> ParseOptions(std::span<char*> arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--handshake") {
      out.handshake = true;
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    const std::string_view value = arguments[i];
    bool ok = true;
    if (name == "--addr") {
      out.address = value;
    } else if (name == "--type") {
      out.type = value;
    } else if (name == "--count") {
      ok = ParseNumber(value, out.count);
    } else if (name == "--parallel") {
      ok = ParseNumber(value, out.parallel);
    } else if (name == "--pid") {
      ok = ParseNumber(value, out.pid);
    } else if (name == "--key" && (value == "p256" || value == "p384")) {
      out.key = value == "p256" ? KeyKind::kEcP256 : KeyKind::kEcP384;
    } else {
      ok = false;
    }
    if (!ok) return std::nullopt;
  }
  if (out.address.empty() || (out.type.empty() && !out.handshake)) return std::nullopt;
  return out;
}

/// What a worker needs, made before the clock starts.
struct Marble {
  marble::TlsSettings settings;
  Bytes request;
};

Result<Marble> MakeMarble(const Options& options, Random& random) {
  STEELIE_TRY(const marble::MarbleNames names, marble::MarbleNames::FromList("localhost"));
  STEELIE_TRY(const marble::MarbleIdentity identity,
              marble::MarbleIdentity::Create(options.key, names, random, SystemClock().Now()));
  marble::ActivationRequest request;
  STEELIE_TRY(request.csr, CreateRequest(identity.key, names));
  request.marble_type = options.type;
  request.uuid = Uuid(random.Take<16>());
  return Marble{marble::TlsSettings(identity), EncodeRequest(request)};
}

Status RunOne(const Endpoint& endpoint, const Marble& marble, bool handshake) {
  if (handshake) {
    STEELIE_CHECK_OK(
        marble::TlsClient::Connect(endpoint, marble.settings, steady_clock::now() + std::chrono::seconds(10)));
    return Ok();
  }
  STEELIE_TRY(const marble::CallResult result,
              CallUnary(endpoint, marble.settings, std::string(marble::kActivatePath), marble.request, {}));
  STEELIE_CHECK_OK(marble::DecodeParameters(result.message));
  return Ok();
}

/// Processor time of all threads of a process. The scheduler's figures are exact, but on a virtual machine count what
/// the host took away; those of /proc/PID/stat do not, but come in ticks of 10 ms.
struct CpuTime {
  double scheduler_ms = 0;
  double ticks_ms = 0;
};

CpuTime CpuOf(int pid) {
  CpuTime out;
  const std::string folder = "/proc/" + std::to_string(pid);
  if (DIR* tasks = ::opendir((folder + "/task").c_str())) {
    while (const dirent* entry = ::readdir(tasks)) {
      std::ifstream file(folder + "/task/" + entry->d_name + "/schedstat");
      double nanoseconds = 0;
      if (file >> nanoseconds) out.scheduler_ms += nanoseconds / 1e6;
    }
    ::closedir(tasks);
  }
  std::ifstream file(folder + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The name in parentheses may hold anything; behind it come the state and 10 numbers, then user and system time.
  const std::size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return out;
  std::size_t at = behind_name + 2;
  for (int skipped = 0; skipped < 11 && at != std::string::npos; ++skipped) at = text.find(' ', at) + 1;
  double user = 0, system = 0;
  if (std::sscanf(text.c_str() + at, "%lf %lf", &user, &system) == 2) out.ticks_ms = (user + system) * 10;
  return out;
}

// In kilobytes, of a line such as `VmRSS: 123 kB`.
long MemoryOf(int pid, std::string_view name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::stol(line.substr(name.size() + 1));
  }
  return 0;
}

struct Outcome {
  std::vector<double> latencies;  // of successes, in milliseconds
  std::map<std::string, std::size_t> errors;
};

double Percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

Outcome Run(const Options& options, const Endpoint& endpoint, const std::vector<Marble>& marbles) {
  Outcome total;
  Mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (const Marble& marble : marbles) {
    threads.emplace_back([&] {
      Outcome mine;
      while (next++ < options.count) {
        const auto begin = steady_clock::now();
        if (const Status done = RunOne(endpoint, marble, options.handshake); !done) {
          ++mine.errors[done.error().reason() + ": " + done.error().message()];
        } else {
          mine.latencies.push_back(Milliseconds(steady_clock::now() - begin).count());
        }
      }
      MutexLock lock(mutex);
      total.latencies.insert(total.latencies.end(), mine.latencies.begin(), mine.latencies.end());
      for (const auto& [what, count] : mine.errors) total.errors[what] += count;
    });
  }
  threads.clear();
  std::ranges::sort(total.latencies);
  return total;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c < ' ' ? ' ' : c);
  }
  return out + "\"";
}

void Print(const Options& options, const Outcome& outcome, Milliseconds took, const CpuTime& before) {
  const auto done = static_cast<double>(std::max<std::size_t>(outcome.latencies.size(), 1));
  std::printf("{\"succeeded\": %zu, \"seconds\": %.4f, \"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f",
              outcome.latencies.size(), took.count() / 1000,
              static_cast<double>(outcome.latencies.size()) * 1000 / took.count(), Percentile(outcome.latencies, 0.5),
              Percentile(outcome.latencies, 0.99));
  std::printf(", \"errors\": {");
  const char* separator = "";
  for (const auto& [what, count] : outcome.errors) {
    std::printf("%s%s: %zu", separator, Quoted(what).c_str(), count);
    separator = ", ";
  }
  std::printf("}");
  if (options.pid != 0) {
    const CpuTime after = CpuOf(options.pid);
    const double ticks_ms = after.ticks_ms - before.ticks_ms;
    const double scheduler_ms = after.scheduler_ms - before.scheduler_ms;
    std::printf(", \"cpu_ms\": %.4f, \"cpu_ms_by_scheduler\": %.4f, \"rss_kb\": %ld, \"peak_rss_kb\": %ld",
                (ticks_ms >= kEnoughTicksMs ? ticks_ms : scheduler_ms) / done, scheduler_ms / done,
                MemoryOf(options.pid, "VmRSS"), MemoryOf(options.pid, "VmHWM"));
  }
  std::printf("}\n");
}

int Main(std::span<char*> arguments) {
  const auto options = ParseOptions(arguments);
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  SystemRandom random;
  const auto endpoint = Endpoint::Parse(options->address);
  if (!endpoint) {
    std::fprintf(stderr, "%s\n", endpoint.error().ToString().c_str());
    return 2;
  }
  std::vector<Marble> marbles;
  for (std::size_t i = 0; i < options->parallel; ++i) {
    auto marble = MakeMarble(*options, random);
    if (!marble) {
      std::fprintf(stderr, "%s\n", marble.error().ToString().c_str());
      return 1;
    }
    marbles.push_back(std::move(*marble));
  }
  const CpuTime before = options->pid != 0 ? CpuOf(options->pid) : CpuTime{};
  const auto begin = steady_clock::now();
  const Outcome outcome = Run(*options, *endpoint, marbles);
  Print(*options, outcome, steady_clock::now() - begin, before);
  return outcome.errors.empty() ? 0 : 1;
}

}  // namespace
}  // namespace steelie::load

int main(int argc, char** argv) {
  return steelie::load::Main(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
}
