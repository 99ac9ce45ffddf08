#include <benchmark/benchmark.h>

#include <string>

#include "manifest/check.h"

namespace steelie::manifest {
namespace {

// How long does the Coordinator need for a manifest of 10,000 marbles and 10,000 secrets? Goal: well below 300 ms.
std::string LargeManifest(int entries, std::string_view package) {
  std::string out = R"({"Packages": {"p": {"UniqueID": ")" + std::string(64, 'a') + R"("}}, "Marbles": {)";
  for (int i = 0; i < entries; ++i) {
    const std::string n = std::to_string(i);
    out += (i > 0 ? ",\n" : "") + ("\"marble" + n) + R"(": {"Package": ")" + std::string(package) +
           R"(", "MaxActivations": 1, "Parameters": {"Env": {"KEY": "{{ hex .Secrets.secret)" + n +
           R"( }}"}, "Files": {"/etc/config": {"Data": "mode=server\nlevel=info\n", "Encoding": "string"}},
           "Argv": ["serve", "--port", "8080"]}})";
  }
  out += R"(}, "Secrets": {)";
  for (int i = 0; i < entries; ++i) {
    out += (i > 0 ? ",\n" : "") + ("\"secret" + std::to_string(i)) +
           R"(": {"Type": "symmetric-key", "Size": 256, "Shared": true})";
  }
  return out + "}}";
}

void Load10k(benchmark::State& state) {
  const std::string text = LargeManifest(10'000, "p");
  for (auto _ : state) benchmark::DoNotOptimize(Load(AsBytes(text)).manifest.has_value());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(Load10k)->Unit(benchmark::kMillisecond);

// The same with an error in every marble.
void Load10kBroken(benchmark::State& state) {
  const std::string text = LargeManifest(10'000, "q");
  for (auto _ : state) benchmark::DoNotOptimize(Load(AsBytes(text)).errors.size());
}
BENCHMARK(Load10kBroken)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelie::manifest
