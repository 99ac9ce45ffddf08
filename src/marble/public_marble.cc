#include <unistd.h>

#include <algorithm>

#include "crypto/random.h"
#include "marble/activation.h"
#include "marble/apply.h"
#include "marble/log.h"
#include "marble/public_types.h"
#include "platform/sim.h"
#include "steelie/marble.h"

namespace steelie {
namespace {

// One activation in this process.
struct Start {
  explicit Start(const ActivateOptions& o)
      : options(o),
        start_log(STDERR_FILENO, marble::WantsJsonLog(marble::ProcessEnvironment), clock),
        log(o.log ? static_cast<Logger&>(start_log) : silent) {}

  Status OpenPlatform();
  Result<marble::Activation> Activate();
  Status Apply(const marble::Parameters& parameters);

  const ActivateOptions& options;
  SystemClock clock;
  SystemRandom random;
  NullLogger silent;
  marble::StartLog start_log;
  Logger& log;
  std::unique_ptr<platform::Platform> platform;
};

Status Start::OpenPlatform() {
  const SimulatedPlatform& simulation = options.simulation;
  if (simulation.folder.empty()) return Ok();
  platform::SimIdentity identity{.signer = simulation.signer,
                                 .product_id = simulation.product_id,
                                 .security_version = simulation.security_version,
                                 .debug = simulation.debug};
  STEELIE_TRY(identity.measurement, platform::MeasureProgram("/proc/self/exe"));
  STEELIE_TRY(platform,
              platform::SimPlatform::OpenExisting(simulation.folder, identity).WithContext("simulation.folder"));
  return Ok();
}

Result<marble::Activation> Start::Activate() {
  log.Info("starting PreMain");
  log.Info("fetching env variables");
  marble::ActivationOptions out;
  STEELIE_TRY(out.settings,
              marble::ReadSettings(marble::ProcessEnvironment, {.marble_type = options.marble_type,
                                                                .coordinator_address = options.coordinator_address,
                                                                .dns_names = options.dns_names,
                                                                .uuid_file = options.uuid_file}));
  if (!options.coordinator_root.empty()) {
    STEELIE_TRY(out.coordinator_root, Certificate::FromPem(options.coordinator_root).WithContext("coordinator_root"));
  }
  STEELIE_CHECK_OK(OpenPlatform());
  out.platform = platform.get();
  out.key = options.p384 ? KeyKind::kEcP384 : KeyKind::kEcP256;
  out.call.call_timeout = options.timeout;
  out.call.connect_timeout = std::min(out.call.connect_timeout, options.timeout);
  out.retry = options.retry;
  return marble::Activate(out, marble::RealSeams(random, clock, log));
}

Status Start::Apply(const marble::Parameters& parameters) {
  const bool real = platform != nullptr && platform->is_real();
  const auto otherwise = real ? marble::DiskSecrets::kRefuse : marble::DiskSecrets::kWarn;
  log.Info("creating files from manifest");
  STEELIE_CHECK_OK(
      marble::WriteFiles(parameters.files, options.allow_disk_secrets ? marble::DiskSecrets::kAllow : otherwise, log));
  log.Info("setting env vars from manifest");
  return marble::SetEnvironment(parameters.env);
}

std::vector<NamedValue> ValuesOf(const std::vector<marble::NamedSecret>& secrets) {
  std::vector<NamedValue> out;
  for (const marble::NamedSecret& secret : secrets) {
    out.push_back({secret.name, secret.value.Reveal([](ByteView bytes) { return SecretBytes(bytes); })});
  }
  return out;
}

Outcome<MarbleParameters> Join(const ActivateOptions& options, bool apply) {
  Start start(options);
  const auto activation = start.Activate();
  if (!activation) return marble::Narrowed(activation.error());
  const marble::Parameters& parameters = activation->parameters;
  if (apply) {
    const auto applied = start.Apply(parameters);
    if (!applied) return marble::Narrowed(applied.error());
  }
  start.log.Info("done with PreMain");
  return MarbleParameters{activation->uuid.ToString(), ValuesOf(parameters.files), ValuesOf(parameters.env),
                          parameters.argv};
}

}  // namespace

const SecretBytes* MarbleParameters::Variable(std::string_view name) const {
  const auto at = std::ranges::find(environment, name, &NamedValue::name);
  return at == environment.end() ? nullptr : &at->value;
}

Outcome<MarbleParameters> Activate(const ActivateOptions& options) { return Join(options, /*apply=*/false); }

Outcome<MarbleParameters> ActivateAndApply(const ActivateOptions& options) { return Join(options, /*apply=*/true); }

}  // namespace steelie
