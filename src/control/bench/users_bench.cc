// What users' operations cost inside the Coordinator, without transport. Wall-clock time, since writes wait for the
// disk.

#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "attest/sim/sim.h"
#include "base/check.h"
#include "base/json_logger.h"
#include "base/testing/temp_folder.h"
#include "control/bench/bench_parts.h"
#include "control/coordinator_impl.h"
#include "control/plan.h"
#include "crypto/random.h"
#include "pki/leaf.h"
#include "platform/none.h"

namespace steelie::control {
namespace {

using bench::Must;
using bench::NullObserver;
using nlohmann::json;

constexpr std::int64_t kMany = 10'000;
constexpr int kSecrets = 1000;

/// A Coordinator with a user who may do everything, and a manifest of `types` marble types and 1,000 secrets.
class Setup {
 public:
  explicit Setup(std::int64_t types, std::int64_t recorded = 0) : types_(types) {
    const PrivateKey key = Must(PrivateKey::Generate(KeyKind::kEcP256));
    user_.leaf = Must(Certificate::FromDer(Must(pki::IssueSelfSigned("user", key, {}, {}, {1}, clock_.Now()))));
    Start();
    Must(coordinator_->SetManifest(ToBytes(Manifest(0))));
    if (recorded > 0) Record(recorded);
  }

  std::string Manifest(int version) const {
    json m;
    m["Packages"]["p"] = {{"SignerID", std::string(64, 'a')}, {"ProductID", 1}, {"SecurityVersion", 1}};
    m["Marbles"]["m"]["Package"] = "p";
    m["Marbles"]["m"]["Parameters"]["Env"]["VERSION"] = std::to_string(version);
    for (std::int64_t i = 0; i < types_; ++i) {
      auto& marble = m["Marbles"]["marble" + std::to_string(i)];
      marble["Package"] = "p";
      marble["Parameters"]["Env"]["KEY"] = "{{ hex .Secrets.s" + std::to_string(i % kSecrets) + " }}";
    }
    for (int i = 0; i < kSecrets; ++i) {
      m["Secrets"]["s" + std::to_string(i)] = {{"Type", "symmetric-key"}, {"Size", 256}, {"Shared", true}};
    }
    m["Secrets"]["u"] = {{"Type", "plain"}, {"UserDefined", true}};
    m["Users"]["user"] = {{"Certificate", user_.leaf->ToPem()}, {"Roles", {"r", "p", "m"}}};
    m["Roles"]["r"] = {
        {"ResourceType", "Secrets"}, {"ResourceNames", {"u"}}, {"Actions", {"ReadSecret", "WriteSecret"}}};
    m["Roles"]["p"] = {{"ResourceType", "Packages"}, {"ResourceNames", {"p"}}, {"Actions", {"UpdateSecurityVersion"}}};
    m["Roles"]["m"] = {{"ResourceType", "Manifest"}, {"Actions", {"UpdateManifest"}}};
    return m.dump();
  }
  Coordinator& coordinator() { return *coordinator_; }
  const Caller& user() const { return user_; }

 private:
  void Start() {
    CoordinatorOptions options;
    options.seal_directory = folder_.path() / "seal";
    options.simulation = true;
    coordinator_ = Must(Coordinator::Start(options, {none_, verifier_, clock_, random_, logger_, observer_, nullptr}));
  }
  void Record(std::int64_t count) {
    coordinator_.reset();
    {
      Vault vault(folder_.path() / "seal", none_, true, random_, clock_, logger_);
      Opened opened = Must(vault.Open());
      Journal journal(std::move(*opened.state), std::move(opened.ledger), clock_, logger_, {});
      for (std::int64_t i = 0; i < count; ++i) {
        journal.Record(Activated{"m", Uuid(random_.Take<16>()), false, 0, {}, {}});
        if (i % 1000 == 999) journal.Flush();
      }
    }
    Start();
  }

  const std::int64_t types_;
  steelie::testing::TempFolder folder_;
  SystemClock clock_;
  SystemRandom random_;
  NullObserver observer_;
  JsonLogger logger_{{.level = LogLevel::kInfo, .console = false}, clock_, [](std::string_view) {}};
  platform::NonePlatform none_;
  attest::sim::SimVerifier verifier_{std::nullopt};
  Caller user_;
  std::unique_ptr<Coordinator> coordinator_;
};

void ReadSecret(benchmark::State& state) {
  Setup setup(0);
  for (auto _ : state) benchmark::DoNotOptimize(Must(setup.coordinator().ReadSecrets(setup.user(), {"u"})));
}
BENCHMARK(ReadSecret)->UseRealTime()->Unit(benchmark::kMicrosecond);

void WriteSecret(benchmark::State& state) {
  Setup setup(0);
  for (auto _ : state) {
    NameMap<SecretUpload> upload;
    upload["u"].key = SecretBuffer(32, 'x');
    STEELIE_CHECK(setup.coordinator().WriteSecrets(setup.user(), std::move(upload)).has_value());
  }
}
BENCHMARK(WriteSecret)->UseRealTime()->Unit(benchmark::kMicrosecond);

void UpdatePackage(benchmark::State& state) {
  Setup setup(0);
  for (auto _ : state) {
    Must(setup.coordinator().SubmitUpdate(setup.user(), ToBytes(R"({"Packages":{"p":{"SecurityVersion":1}}})")));
  }
}
BENCHMARK(UpdatePackage)->UseRealTime()->Unit(benchmark::kMicrosecond);

void UpdateManifest(benchmark::State& state) {
  Setup setup(state.range(0));
  int version = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string next = setup.Manifest(++version);
    state.ResumeTiming();
    Must(setup.coordinator().SubmitUpdate(setup.user(), ToBytes(next)));
  }
}
BENCHMARK(UpdateManifest)->Arg(0)->Arg(kMany)->UseRealTime()->Unit(benchmark::kMillisecond);

void PlanUpdate(benchmark::State& state) {
  Setup setup(0, state.range(0));
  const Bytes next = ToBytes(setup.Manifest(1));
  for (auto _ : state) benchmark::DoNotOptimize(Must(setup.coordinator().PlanUpdate(setup.user(), next)));
}
BENCHMARK(PlanUpdate)->Arg(0)->Arg(kMany)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelie::control
