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

// What does a document cost that is made of mistakes? Per megabyte, so times 32 for the largest one.
std::string Repeat(std::string_view head, std::string_view part, std::string_view tail) {
  std::string out(head);
  for (std::size_t i = 0; out.size() < 1'000'000; ++i) {
    if (i > 0) out += ',';
    const std::size_t number = part.find('#');
    out += std::string(part.substr(0, number)) + std::to_string(i) + std::string(part.substr(number + 1));
  }
  return out + std::string(tail);
}

void LoadHostile(benchmark::State& state) {
  std::string names;
  for (int i = 0; i < 100; ++i) names += (i > 0 ? ",\"" : "\"") + std::string(40, 'a') + std::to_string(i) + "\":{}";
  const std::string packages = "\"Packages\":{" + names + "}";
  const std::string documents[] = {
      Repeat("{", "\"unknown#\":0", "}"),
      Repeat("{" + packages + R"(,"Roles":{"r":{"ResourceType":"Packages","ResourceNames":[)",
             "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab#\"", "]}}}"),
      Repeat("{" + packages + R"(,"Marbles":{)", "\"m#\":{}", "}}"),
      Repeat(R"({"Marbles":{"m":{"Parameters":{"Files":{"f":")", "-----BEGIN {{#", "\"}}}}}"),
      Repeat(R"({"Users":{)", R"("u#":{"Certificate":"-----BEGIN A-----\n-----END A-----"})", "}}"),
      Repeat(R"({"Secrets":{"s":{"Type":"cert-rsa","Cert":{)", "\"DNSNamess#\":0", "}}}}"),
      Repeat(R"({"Packages":{"p":{"AcceptedTCBStatuses":[)", "\"UpToDates#\"", "]}},\"Marbles\":{\"m\":{}}}"),
  };
  const std::string& text = documents[static_cast<std::size_t>(state.range(0))];
  for (auto _ : state) {
    const Outcome outcome = Load(AsBytes(text));
    benchmark::DoNotOptimize(outcome.errors.size());
  }
}
BENCHMARK(LoadHostile)->DenseRange(0, 6)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelie::manifest
