// What does one execution cost an activation? The common forms should take well below five microseconds.

#include <benchmark/benchmark.h>

#include "gotemplate/template.h"
#include "gotemplate/testing/small_data.h"

namespace steelie::gotemplate {
namespace {

testing::SmallData MakeData() {
  testing::SmallData data;
  data.Add("k", "symmetric-key", std::string(32, 'k'));
  data.Add("pw", "plain", "password");
  return data;
}

std::string Document() {
  std::string out;
  for (int i = 0; i < 16; ++i) {
    out += "[section" + std::to_string(i) +
           "]\nkey = {{ hex .Secrets.k }}\n{{ if eq .Secrets.pw.Type \"plain\" }}"
           "password = {{ printf \"%s\" .Secrets.pw.Public | html }}{{ end }}\n";
  }
  return out;
}

void Execute(benchmark::State& state, const std::string& text) {
  const testing::SmallData data = MakeData();
  const auto parsed = Template::Parse(AsBytes(text), FunctionSet::kFile);
  for (auto _ : state) {
    auto output = parsed->Execute(data);
    if (!output) state.SkipWithError("failed");
    benchmark::DoNotOptimize(output);
  }
}

void BM_Hex(benchmark::State& state) { Execute(state, "{{ hex .Secrets.k }}"); }
BENCHMARK(BM_Hex);

void BM_PemCertificate(benchmark::State& state) { Execute(state, "{{ pem .MarbleRun.MarbleCert.Cert }}"); }
BENCHMARK(BM_PemCertificate);

void BM_Document(benchmark::State& state) { Execute(state, Document()); }
BENCHMARK(BM_Document);

void BM_ParseDocument(benchmark::State& state) {
  const std::string text = Document();
  for (auto _ : state) {
    auto parsed = Template::Parse(AsBytes(text), FunctionSet::kFile);
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(BM_ParseDocument);

}  // namespace
}  // namespace steelie::gotemplate
