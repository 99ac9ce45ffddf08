// Wires the Coordinator: configuration, platform, use cases, listeners. No logic of its own.

#include <malloc.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "api/grpc/server.h"
#include "api/monitoring/metrics.h"
#include "api/net/io_threads.h"
#include "api/net/listener.h"
#include "api/rest/http_server.h"
#include "api/rest/router.h"
#include "api/tls/context.h"
#include "attest/sim/sim.h"
#include "backup/server.h"
#include "base/file.h"
#include "base/json_logger.h"
#include "base/rate_limit.h"
#include "commands.h"
#include "config.h"
#include "control/coordinator.h"
#include "crypto/random.h"
#include "descriptors.h"
#include "platform/none.h"
#include "platform/sim.h"
#include "secret/harden.h"
#include "version.h"

namespace steelie::coordinator {
namespace {

namespace asio = boost::asio;

// Enough that calls waiting for the disk gather into batches.
constexpr std::size_t kWorkers = 64;
constexpr std::chrono::milliseconds kDrain{200};
constexpr std::size_t kMonitoringConnections = 100;
constexpr std::size_t kMaxManifest = std::size_t{32} << 20U;

/// Keeps messages of the HTTP server below a level of their own, and few: every broken connection of a stranger is one.
class HttpLogger final : public Logger {
 public:
  HttpLogger(Logger& logger, LogLevel level) : logger_(logger), level_(level) {}
  void Log(LogLevel level, std::string_view message, std::vector<LogField> fields) override {
    if (message.starts_with("http:")) {
      if (!lines_.Take(std::chrono::steady_clock::now())) return;
      logger_.Log(level_, message, std::move(fields));
    } else {
      logger_.Log(level, message, std::move(fields));
    }
  }

 private:
  Logger& logger_;
  LogLevel level_;
  RateLimit lines_{200, 2};
};

struct PlatformSetup {
  std::unique_ptr<platform::Platform> platform;
  std::optional<Certificate> vendor_root;
};

Result<PlatformSetup> OpenPlatform(const Config& config, Random& random, const Clock& clock) {
  PlatformSetup setup;
  if (config.sim_platform.empty()) {
    setup.platform = std::make_unique<platform::NonePlatform>();
    return setup;
  }
  if (!config.simulation) {
    return Error(Code::kFailedPrecondition, "mode.sim_platform",
                 "--sim-platform needs simulation mode: start with OE_SIMULATION=1 or --simulation");
  }
  platform::SimIdentity identity;
  STEELIE_TRY(identity.measurement, platform::MeasureProgram("/proc/self/exe"));
  STEELIE_TRY(const Bytes signer, HexDecode(config.sim_signer).WithContext("--sim-signer"));
  if (signer.size() != identity.signer.size()) {
    return Error(Code::kInvalidArgument, "config.sim_signer", "--sim-signer must have 64 hex digits");
  }
  std::ranges::copy(signer, identity.signer.begin());
  STEELIE_TRY(auto sim, platform::SimPlatform::Open(config.sim_platform, identity, random, clock));
  setup.vendor_root = sim->vendor_root();
  setup.platform = std::move(sim);
  return setup;
}

Status SetStartupManifest(const Config& config, control::Coordinator& coordinator) {
  if (config.startup_manifest.empty()) return Ok();
  STEELIE_TRY(Bytes manifest, ReadFile(config.startup_manifest, kMaxManifest));
  STEELIE_CHECK_OK(coordinator.SetManifest(std::move(manifest)).WithContext("setting the start-up manifest"));
  return Ok();
}

control::CoordinatorOptions OptionsFrom(const Config& config) {
  control::CoordinatorOptions options;
  options.seal_directory = config.seal_directory;
  options.dns_names = config.dns_names;
  options.curve = config.curve;
  options.lenient_manifest = config.lenient_manifest;
  options.simulation = config.simulation;
  options.version = kVersion;
  options.build_time = Instant(std::chrono::seconds(kBuildTime));
  return options;
}

// Without it the Coordinator does all but live backups, so it is no reason to end.
std::unique_ptr<backup::BackupServer> ServeBackups(const Config& config, control::Coordinator& coordinator,
                                                   Logger& logger) {
  const auto make = [&coordinator](const std::string& path,
                                   const backup::BackupServer::Progress& progress) -> Result<backup::LedgerCopy> {
    STEELIE_TRY(control::Coordinator::LedgerCopy copy, coordinator.CopyLedger(path, progress));
    return backup::LedgerCopy{std::move(copy.key_file), std::move(copy.note)};
  };
  auto server = backup::BackupServer::Open(config.seal_directory.string(), make, logger);
  if (server) return std::move(*server);
  logger.Warn("Backups of the running Coordinator are not possible",
              {{"reason", server.error().reason()}, {"error", server.error().message()}});
  return nullptr;
}

api::rest::Handlers ClientHandlers(const api::rest::Router& router, api::monitoring::Metrics& metrics) {
  api::rest::Handlers handlers;
  handlers.handle = [&](const api::rest::Request& request) { return router.Handle(request); };
  handlers.admit = [&](const api::rest::RequestHead& head) { return router.Admit(head); };
  handlers.started = [&](std::string_view target) { metrics.RequestStarted(api::rest::Router::KnownPath(target)); };
  handlers.finished = [&](const api::rest::Request& request, const api::rest::Response& response,
                          std::chrono::nanoseconds duration) {
    metrics.RequestFinished(api::rest::Router::KnownPath(request.target), request, response, duration);
  };
  handlers.unread = [&](std::string_view method, std::string_view target, const api::rest::Response& response) {
    router.Unhandled(method, target, response);
    metrics.RequestRefused(api::rest::Router::KnownPath(target), method, response.status);
  };
  return handlers;
}

api::rest::Handlers MonitoringHandlers(const api::monitoring::Metrics& metrics,
                                       const control::Coordinator& coordinator) {
  api::rest::Handlers handlers;
  handlers.handle = [&](const api::rest::Request& request) {
    return api::monitoring::HandleMonitoring(metrics, coordinator, request);
  };
  handlers.admit = [](const api::rest::RequestHead&) {
    api::rest::Admission admission;
    admission.body_limit = 1024;
    return admission;
  };
  return handlers;
}

Status Run(const Config& config, Logger& logger) {
  const SystemClock clock;
  SystemRandom random;
  STEELIE_TRY(PlatformSetup setup, OpenPlatform(config, random, clock));
  const attest::sim::SimVerifier sim_verifier(setup.vendor_root);
  api::monitoring::Metrics metrics(kVersion, kCommit);
  const auto on_fatal = [&](const Error& error) {
    logger.LogError("It is unknown what is on disk. Ending, so that the next start reads what is there",
                    {{"reason", error.reason()}, {"error", error.message()}});
    std::_Exit(EXIT_FAILURE);
  };
  STEELIE_TRY(const std::unique_ptr<control::Coordinator> coordinator,
              control::Coordinator::Start(OptionsFrom(config),
                                          {*setup.platform, sim_verifier, clock, random, logger, metrics, on_fatal}));
  metrics.SetSources([&] { return static_cast<int>(coordinator->phase()); },
                     [&](std::string_view type) { return coordinator->DefinesMarble(type); });
  STEELIE_CHECK_OK(SetStartupManifest(config, *coordinator));
  std::unique_ptr<backup::BackupServer> backups = ServeBackups(config, *coordinator, logger);

  api::net::IoThreads io(std::max(2U, std::thread::hardware_concurrency()));
  asio::thread_pool workers(kWorkers);
  const api::rest::Router router(*coordinator, logger);
  HttpLogger http_logger(logger, config.http_error_level);
  const Descriptors descriptors = RaiseDescriptorLimit();
  logger.Info("Limit of connections", {{"perApi", std::uint64_t{descriptors.connections}},
                                       {"fileDescriptors", std::uint64_t{descriptors.limit}}});
  api::grpc::ServerLimits marble_limits;
  marble_limits.max_connections = descriptors.connections;
  api::rest::HttpLimits client_limits;
  client_limits.max_connections = descriptors.connections;

  STEELIE_TRY(auto mesh_listener, api::net::Listener::Open(io, config.mesh_address, logger).WithContext("--mesh-addr"));
  api::grpc::MarbleService service(*coordinator, logger);
  api::grpc::Server marble_server(
      mesh_listener,
      api::tls::MakeServerContext({.identity = [&] { return coordinator->MarbleApiIdentity(); },
                                   .clients = api::tls::ClientCertificates::kRequired,
                                   .alpn = {"h2"},
                                   .alpn_required = true}),
      service, workers, logger, &metrics, marble_limits);

  STEELIE_TRY(auto client_listener,
              api::net::Listener::Open(io, config.client_address, logger).WithContext("--client-addr"));
  api::rest::HttpServer client_server(
      client_listener,
      api::tls::MakeServerContext({.identity = [&] { return coordinator->ClientApiIdentity(); },
                                   .clients = api::tls::ClientCertificates::kOptional,
                                   .alpn = {"http/1.1"}}),
      ClientHandlers(router, metrics), workers, http_logger, client_limits);

  std::unique_ptr<api::rest::HttpServer> monitoring_server;
  if (!config.prometheus_address.empty()) {
    STEELIE_TRY(auto listener,
                api::net::Listener::Open(io, config.prometheus_address, logger).WithContext("--prometheus-addr"));
    api::rest::HttpLimits monitoring_limits;
    monitoring_limits.max_connections = kMonitoringConnections;
    logger.Info("Starting prometheus /metrics endpoint", {{"address", listener->LocalAddress()}});
    monitoring_server = std::make_unique<api::rest::HttpServer>(
        listener, nullptr, MonitoringHandlers(metrics, *coordinator), workers, http_logger, monitoring_limits);
    monitoring_server->Start();
  }
  logger.Info("Starting the marble server");
  marble_server.Start();
  logger.Info("Started gRPC server", {{"grpcAddr", mesh_listener->LocalAddress()}});
  logger.Info("Starting client https server", {{"address", client_listener->LocalAddress()}});
  client_server.Start();

  std::promise<int> signalled;
  asio::signal_set signals(io.First(), SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int signal) { signalled.set_value(signal); });
  std::jthread runner([&] { io.Run(); });
  logger.Info("Shutting down", {{"signal", signalled.get_future().get()}});
  marble_server.Stop();
  client_server.Stop();
  if (monitoring_server) monitoring_server->Stop();
  // Calls under way end, and their answers get a moment to leave, before the connections go.
  workers.join();
  std::promise<void> never;
  (void)never.get_future().wait_for(kDrain);
  io.Stop();
  runner.join();
  backups.reset();
  coordinator->Flush();
  return Ok();
}

int Main(int argc, char** argv) {
  const std::vector<std::string> unprotected = HardenProcess();
  // Few arenas: many threads would otherwise each keep memory of their own.
  ::mallopt(M_ARENA_MAX, 2);
  std::signal(SIGPIPE, SIG_IGN);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  if (argc > 1 && IsCommand(argv[1])) return RunCommand(argc, argv, environment);
  const ParsedConfig parsed = ParseConfig(argc, argv, environment);
  if (parsed.exit_code) {
    std::fputs(parsed.output.c_str(), *parsed.exit_code == 0 ? stdout : stderr);
    return *parsed.exit_code;
  }
  const Config& config = parsed.config;
  const SystemClock clock;
  JsonLogger logger({.level = config.dev_mode || config.debug_logging ? LogLevel::kDebug : LogLevel::kInfo,
                     .console = config.dev_mode},
                    clock, WriteToStderr);
  logger.Info("Starting coordinator", {{"version", kVersion}, {"commit", kCommit}, {"distributed", false}});
  for (const std::string& text : unprotected) logger.Warn("Process hardening is incomplete", {{"note", text}});
  if (config.bad_http_error_level) {
    logger.Warn("Unknown HTTP error log level, using error", {{"level", *config.bad_http_error_level}});
  }
  if (const Status result = Run(config, logger); !result) {
    logger.LogError("The Coordinator cannot run",
                    {{"reason", result.error().reason()}, {"error", result.error().message()}});
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace steelie::coordinator

int main(int argc, char** argv) { return steelie::coordinator::Main(argc, argv); }
