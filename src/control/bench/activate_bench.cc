// What does an activation cost, and which part of it? CPU time of the whole process, since the journal writes on a
// thread of its own. The sum of the parts that are cryptography is the floor; everything else should stay below a
// quarter of it, and nothing may depend on the size of the manifest.

#include <benchmark/benchmark.h>

#include <map>

#include "attest/sim/sim.h"
#include "base/check.h"
#include "base/json_logger.h"
#include "base/testing/temp_folder.h"
#include "control/bench/bench_parts.h"
#include "control/coordinator_impl.h"
#include "control/marble_data.h"
#include "crypto/random.h"
#include "pki/leaf.h"
#include "platform/none.h"
#include "platform/sim.h"
#include "policy/decide.h"

namespace steelie::control {
namespace {

using bench::Must;
using bench::NullObserver;
using steelie::testing::TempFolder;

constexpr std::string_view kUuid = "00112233-4455-4677-8899-aabbccddeeff";
constexpr std::int64_t kMany = 10'000;

SystemClock system_clock;
SystemRandom system_random;
NullObserver observer;

// The real logger, so that its cost counts; only the lines go nowhere.
JsonLogger logger({.level = LogLevel::kInfo, .console = false}, system_clock, [](std::string_view) {});

platform::SimIdentity ProgramIdentity() {
  platform::SimIdentity identity;
  identity.measurement = Sha256(AsBytes("program"));
  return identity;
}

// `m` is what is activated, `l` the same with a limit that is never reached. `more` further marbles and secrets, half
// of them shared, are there only to be in the way.
std::string Manifest(std::int64_t more) {
  const std::string parameters =
      R"("Parameters":{"Argv":["serve","--port","8080"],"Env":{"OWN":"{{ hex .Secrets.own }}",)"
      R"("SHARED":"{{ base64 .Secrets.shared }}","ROOT":"{{ pem .MarbleRun.RootCA.Cert }}","MODE":"server"},"Files":)"
      R"({"/etc/key.pem":"{{ pem .MarbleRun.MarbleCert.Private }}","/etc/seal":"{{ raw .MarbleRun.SealKey }}"}})";
  std::string marbles =
      R"("m":{"Package":"p",)" + parameters + R"(},"l":{"Package":"p","MaxActivations":1000000000,)" + parameters + "}";
  std::string secrets =
      R"("own":{"Type":"symmetric-key","Size":256},"shared":{"Type":"symmetric-key","Size":256,"Shared":true})";
  for (std::int64_t i = 0; i < more; ++i) {
    const std::string n = std::to_string(i);
    marbles += ",\"marble" + n + R"(":{"Package":"p","MaxActivations":10,"Parameters":{"Env":{"KEY":)" +
               R"("{{ hex .Secrets.secret)" + n + R"( }}","LEVEL":"info"}}})";
    secrets +=
        ",\"secret" + n + R"(":{"Type":"symmetric-key","Size":256,"Shared":)" + (i % 2 == 0 ? "true}" : "false}");
  }
  return R"({"Packages":{"p":{"Sim":{"Measurement":")" + HexEncode(ProgramIdentity().measurement) +
         R"("}}},"Marbles":{)" + marbles + R"(},"Secrets":{)" + secrets + "}}";
}

/// What a marble brings to an activation.
struct Marble {
  Caller caller;
  Bytes csr;

  explicit Marble(KeyKind kind = KeyKind::kEcP256) {
    const PrivateKey key = Must(PrivateKey::Generate(kind));
    const std::vector<std::string> names = {"localhost"};
    const std::vector<Bytes> addresses = {Bytes{127, 0, 0, 1}};
    caller.leaf = Must(Certificate::FromDer(Must(pki::IssueSelfSigned("MarbleRun Marble", key, names, addresses,
                                                                      system_random.Take<16>(), system_clock.Now()))));
    csr = Must(CertificateRequest::Create(key, names, addresses));
  }
};

/// A Coordinator in a folder of its own, on the durable store.
class Setup {
 public:
  Setup()
      : host_(
            Must(platform::SimPlatform::Open(folder_.path() / "sim", ProgramIdentity(), system_random, system_clock))),
        verifier_(host_->vendor_root()) {
    Start();
  }
  explicit Setup(std::int64_t more) : Setup() {
    Must(coordinator_->SetManifest(ToBytes(Manifest(more))));
    evidence_ = Must(host_->IssueEvidence(attest::BindingTo(marble_.caller.leaf->der())));
  }

  void Start() {
    CoordinatorOptions options;
    options.seal_directory = seal();
    options.simulation = true;
    coordinator_ = Must(Coordinator::Start(options, dependencies()));
  }
  void Stop() { coordinator_.reset(); }

  Coordinator::Dependencies dependencies() const {
    return {none_, verifier_, system_clock, system_random, logger, observer, nullptr};
  }
  std::filesystem::path seal() const { return folder_.path() / "seal"; }
  Coordinator& coordinator() { return *coordinator_; }
  const attest::sim::SimVerifier& verifier() const { return verifier_; }
  const Marble& marble() const { return marble_; }
  ByteView evidence() const { return evidence_; }
  const platform::Platform& platform() const { return none_; }

  void Activate(std::string_view type, bool with_evidence) {
    const ByteView evidence = with_evidence ? ByteView(evidence_) : ByteView();
    STEELIE_CHECK(coordinator_->Activate({evidence, marble_.csr, type, kUuid}, marble_.caller).has_value());
  }

 private:
  TempFolder folder_;
  std::unique_ptr<platform::SimPlatform> host_;
  attest::sim::SimVerifier verifier_;
  platform::NonePlatform none_;
  Marble marble_;
  Bytes evidence_;
  std::unique_ptr<Coordinator> coordinator_;
};

// Kept between the calls with which a benchmark is calibrated.
Setup& With(std::int64_t more) {
  static std::map<std::int64_t, std::unique_ptr<Setup>> setups;
  auto& setup = setups[more];
  if (setup == nullptr) setup = std::make_unique<Setup>(more);
  return *setup;
}

/// The state that a manifest leads to, for parts that need one.
struct Parts {
  std::shared_ptr<const State> state;
  const CompiledMarble* marble = nullptr;
  MarbleCredentials credentials;
};

const Parts& Ready() {
  static const Parts* const kParts = [] {
    auto* parts = new Parts;
    Setup setup(0);
    setup.Stop();
    Vault vault(setup.seal(), setup.platform(), true, system_random, system_clock, logger);
    parts->state = std::make_shared<const State>(std::move(*Must(vault.Open()).state));
    parts->marble = parts->state->deployment->FindMarble("m");
    const PrivateKey key = Must(PrivateKey::Generate(KeyKind::kEcP256));
    parts->credentials = {ToBytes(parts->state->authority->root().der()), key.ToPkcs8(), key.public_key().spki()};
    return parts;
  }();
  return *kParts;
}

void VerifyEvidence(benchmark::State& state) {
  const Setup& setup = With(0);
  for (auto _ : state) STEELIE_CHECK(setup.verifier().Verify(setup.evidence(), system_clock.Now()).has_value());
}
BENCHMARK(VerifyEvidence)->Unit(benchmark::kMicrosecond);

void DecidePolicy(benchmark::State& state) {
  const Setup& setup = With(0);
  const attest::Claims claims = Must(setup.verifier().Verify(setup.evidence(), system_clock.Now()));
  const manifest::Package& package = Ready().state->packages->at("p");
  for (auto _ : state) {
    STEELIE_CHECK(
        policy::Decide(claims, package, "p", {true, attest::BindingTo(setup.marble().caller.leaf->der())}).allowed);
  }
}
BENCHMARK(DecidePolicy)->Unit(benchmark::kMicrosecond);

void VerifyRequest(benchmark::State& state, KeyKind kind) {
  const Marble marble(kind);
  for (auto _ : state) STEELIE_CHECK(CertificateRequest::ParseAndVerify(marble.csr).has_value());
}
BENCHMARK_CAPTURE(VerifyRequest, P256, KeyKind::kEcP256)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(VerifyRequest, P384, KeyKind::kEcP384)->Unit(benchmark::kMicrosecond);

void GenerateKey(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(PrivateKey::Generate(KeyKind::kEcP256).has_value());
}
BENCHMARK(GenerateKey)->Unit(benchmark::kMicrosecond);

void EncodeKey(benchmark::State& state) {
  const PrivateKey key = Must(PrivateKey::Generate(KeyKind::kEcP256));
  for (auto _ : state) benchmark::DoNotOptimize(key.ToPkcs8().size());
}
BENCHMARK(EncodeKey)->Unit(benchmark::kMicrosecond);

void SignCertificate(benchmark::State& state) {
  const Parts& parts = Ready();
  const PrivateKey key = Must(PrivateKey::Generate(KeyKind::kEcP256));
  const CertificateRequest request = Must(CertificateRequest::ParseAndVerify(Marble().csr));
  const Uuid uuid = Must(Uuid::Parse(kUuid));
  for (auto _ : state) {
    STEELIE_CHECK(pki::IssueMarbleCertificate(*parts.state->authority, request, uuid, "m", key.public_key(),
                                              system_random.Take<16>(), 0, system_clock.Now())
                      .has_value());
  }
}
BENCHMARK(SignCertificate)->Unit(benchmark::kMicrosecond);

void Render(benchmark::State& state) {
  const Parts& parts = Ready();
  const Uuid uuid = Must(Uuid::Parse(kUuid));
  for (auto _ : state) {
    const MarbleData data(*parts.state, "m", *parts.marble->definition, uuid, parts.credentials, system_random,
                          system_clock.Now());
    for (const auto* values : {&parts.marble->files, &parts.marble->env}) {
      for (const CompiledValue& value : *values) {
        const auto* compiled = std::get_if<gotemplate::Template>(&value.content);
        if (compiled != nullptr) STEELIE_CHECK(compiled->Execute(data).has_value());
      }
    }
  }
}
BENCHMARK(Render)->Unit(benchmark::kMicrosecond);

// The ledger's part of an activation. Audit events gather into batches; a limited activation waits for its own write.
void RecordEvent(benchmark::State& state) {
  Setup setup(0);
  setup.Stop();
  Vault vault(setup.seal(), setup.platform(), true, system_random, system_clock, logger);
  Opened opened = Must(vault.Open());
  Journal journal(std::move(*opened.state), std::move(opened.ledger), system_clock, logger, {});
  constexpr int kBatch = 1000;
  for (auto _ : state) {
    for (int i = 0; i < kBatch; ++i) journal.Record(Activated{"m", Must(Uuid::Parse(kUuid)), false, 0, {}, {}});
    journal.Flush();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(RecordEvent)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void CommitEvent(benchmark::State& state) {
  Setup setup(0);
  setup.Stop();
  Vault vault(setup.seal(), setup.platform(), true, system_random, system_clock, logger);
  Opened opened = Must(vault.Open());
  Journal journal(std::move(*opened.state), std::move(opened.ledger), system_clock, logger, {});
  for (auto _ : state) {
    STEELIE_CHECK(journal
                      .Commit([](const State&) -> Result<std::vector<EventBody>> {
                        return Just(Activated{"l", Must(Uuid::Parse(kUuid)), true, 0, {}, {}});
                      })
                      .has_value());
  }
}
BENCHMARK(CommitEvent)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void Activate(benchmark::State& state, std::string_view type, bool with_evidence) {
  Setup& setup = With(state.range(0));
  for (auto _ : state) setup.Activate(type, with_evidence);
  setup.coordinator().Flush();
}
BENCHMARK_CAPTURE(Activate, unlimited, "m", false)
    ->Arg(0)
    ->Arg(10)
    ->Arg(kMany)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Activate, limited, "l", false)
    ->Arg(0)
    ->Arg(10)
    ->Arg(kMany)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Activate, with_evidence, "m", true)->Arg(0)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void SetManifest(benchmark::State& state) {
  const std::string manifest = Manifest(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto setup = std::make_unique<Setup>();
    state.ResumeTiming();
    Must(setup->coordinator().SetManifest(ToBytes(manifest)));
    state.PauseTiming();
    setup.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(SetManifest)->Arg(0)->Arg(kMany)->UseRealTime()->Unit(benchmark::kMillisecond);

// A start over a history of activations: the newest snapshot and what follows it.
void StartAfterActivations(benchmark::State& state) {
  Setup setup(0);
  setup.Stop();
  {
    Vault vault(setup.seal(), setup.platform(), true, system_random, system_clock, logger);
    Opened opened = Must(vault.Open());
    Journal journal(std::move(*opened.state), std::move(opened.ledger), system_clock, logger, {});
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      journal.Record(Activated{"m", Uuid(system_random.Take<16>()), false, 0, {}, {}});
      if (i % 1000 == 999) journal.Flush();
    }
  }
  for (auto _ : state) {
    setup.Start();
    state.PauseTiming();
    setup.Stop();
    state.ResumeTiming();
  }
}
BENCHMARK(StartAfterActivations)->Arg(0)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace steelie::control
