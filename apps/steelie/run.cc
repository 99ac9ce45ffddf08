#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/file.h"
#include "commands.h"
#include "crypto/random.h"
#include "marble/activation.h"
#include "marble/apply.h"
#include "marble/log.h"
#include "marble/program.h"
#include "platform/sim.h"
#include "program.h"
#include "secret/harden.h"

namespace steelie::cli {
namespace {

constexpr std::size_t kMaxPem = std::size_t{1} << 20U;

struct RunFlags {
  marble::SettingOverrides settings;
  std::string coordinator_root;
  std::string sim_platform;
  std::string sim_signer;
  platform::SimIdentity sim_identity;
  std::string key = "p256";
  std::string keep_env;
  bool allow_disk_secrets = false;
  double timeout = 60;
  unsigned retry = 0;
  std::string program;
  std::vector<std::string> arguments;
};

std::vector<std::string> SplitList(std::string_view list) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

Error NoJson() {
  return Error(Code::kInvalidArgument, "run.flags",
               "`run` has no --json: the output is that of PROGRAM (write `--` before PROGRAM if the flag belongs to "
               "that)");
}

// Flags of every other command: they would do nothing here, or something else than behind `run`.
Status NoneBeforeRun(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0) continue;
    const std::string name = option->get_name();
    return Error(Code::kInvalidArgument, "run.flags",
                 name +
                     " stands before `run`, which does not take the flags of the other commands: `run` has its own, " +
                     "which stand behind it (steelie run --help)");
  }
  return Ok();
}

// `remaining` is what the parser did not take: `--` first, unless it was left out.
Result<std::vector<std::string>> ProgramArguments(std::vector<std::string> remaining) {
  if (remaining.empty()) return remaining;
  if (remaining.front() == "--") {
    remaining.erase(remaining.begin());
  } else if (remaining.front() == "--json") {
    return NoJson();
  } else if (remaining.front().starts_with('-')) {
    return Error(Code::kInvalidArgument, "run.flags",
                 "unknown flag: " + remaining.front() + " (write `--` before PROGRAM if it belongs to that)");
  }
  return remaining;
}

// A folder that is missing is mistyped: evidence of a platform made for this start convinces nobody.
Result<std::unique_ptr<platform::Platform>> OpenPlatform(const RunFlags& flags, marble::Program& program) {
  if (flags.sim_platform.empty()) return std::unique_ptr<platform::Platform>();
  platform::SimIdentity identity = flags.sim_identity;
  if (!flags.sim_signer.empty()) {
    STEELIE_TRY(const Bytes signer, HexDecode(flags.sim_signer).WithContext("--sim-signer"));
    if (signer.size() != identity.signer.size()) {
      return Error(Code::kInvalidArgument, "run.flags", "--sim-signer: expected 64 hex digits");
    }
    std::ranges::copy(signer, identity.signer.begin());
  }
  STEELIE_TRY(identity.measurement, program.Measure());
  STEELIE_TRY(auto sim,
              platform::SimPlatform::OpenExisting(flags.sim_platform, identity).WithContext("--sim-platform"));
  return std::unique_ptr<platform::Platform>(std::move(sim));
}

Result<marble::ActivationOptions> OptionsFrom(const RunFlags& flags) {
  marble::ActivationOptions options;
  STEELIE_TRY(options.settings, marble::ReadSettings(marble::ProcessEnvironment, flags.settings));
  if (!flags.coordinator_root.empty()) {
    STEELIE_TRY(const Bytes pem, ReadFile(flags.coordinator_root, kMaxPem).WithContext("--coordinator-root"));
    Result<Certificate> root = Certificate::FromPem(AsText(pem));
    if (!root) {
      return Error(Code::kInvalidArgument, "run.coordinator_root",
                   "--coordinator-root " + flags.coordinator_root +
                       ": expected a PEM file with the Coordinator's root certificate, as 'steelie certificate root' "
                       "saves it: " +
                       root.error().message());
    }
    options.coordinator_root = std::move(*root);
  }
  options.key = flags.key == "p384" ? KeyKind::kEcP384 : KeyKind::kEcP256;
  options.call.call_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(flags.timeout * 1000));
  options.call.connect_timeout = std::min(options.call.connect_timeout, options.call.call_timeout);
  options.retry = std::chrono::seconds(flags.retry);
  return options;
}

marble::DiskSecrets DiskPolicy(const RunFlags& flags, const platform::Platform* platform) {
  if (flags.allow_disk_secrets) return marble::DiskSecrets::kAllow;
  const bool real = platform != nullptr && platform->is_real();
  return real ? marble::DiskSecrets::kRefuse : marble::DiskSecrets::kWarn;
}

// Everything up to exec; returns only on failure.
Error Run(const RunFlags& flags, const Clock& clock, Logger& log) {
  log.Info("starting PreMain");
  SystemRandom random;
  log.Info("fetching env variables");
  const auto run = [&]() -> Status {
    STEELIE_TRY(marble::ActivationOptions options, OptionsFrom(flags));
    STEELIE_TRY(marble::Program program, marble::Program::Find(flags.program, marble::ProcessEnvironment("PATH")));
    STEELIE_TRY(const auto platform, OpenPlatform(flags, program));
    options.platform = platform.get();
    STEELIE_TRY(const marble::Activation activation, Activate(options, marble::RealSeams(random, clock, log)));
    const marble::Parameters& parameters = activation.parameters;

    log.Info("creating files from manifest");
    STEELIE_CHECK_OK(marble::WriteFiles(parameters.files, DiskPolicy(flags, platform.get()), log));
    log.Info("setting env vars from manifest");
    marble::KeepVariables keep;
    if (!flags.keep_env.empty()) keep.names = SplitList(flags.keep_env);
    marble::EnvironmentBlock environment(environ, keep, parameters.env);
    std::vector<std::string> argv = parameters.argv;
    if (argv.empty()) {
      argv.push_back(flags.program);
      argv.insert(argv.end(), flags.arguments.begin(), flags.arguments.end());
    }
    log.Info("done with PreMain");
    RestoreInheritedLimits();
    return program.Execute(argv, environment);
  };
  return run().error();
}

}  // namespace

void AddRunCommand(CLI::App& app, Program& program) {
  const auto flags = std::make_shared<RunFlags>();
  CLI::App* run = app.add_subcommand("run", "Start a program as a marble: activate, apply the parameters, exec");
  run->footer("Write `--` before PROGRAM: steelie run [OPTIONS] -- PROGRAM [ARGS...]");
  run->add_option("--type", flags->settings.marble_type, "marble type in the manifest (EDG_MARBLE_TYPE)");
  run->add_option("--coordinator", flags->settings.coordinator_address,
                  "host:port of the Coordinator's marble API (EDG_MARBLE_COORDINATOR_ADDR, else localhost:2001)");
  run->add_option("--dns-names", flags->settings.dns_names,
                  "names and IP addresses for the certificate, with commas (EDG_MARBLE_DNS_NAMES, else localhost)");
  run->add_option("--uuid-file", flags->settings.uuid_file,
                  "file with the marble's ID, made if missing (EDG_MARBLE_UUID_FILE, else uuid)")
      ->type_name("FILE");
  run->add_option("--coordinator-root", flags->coordinator_root,
                  "PEM file with the Coordinator's root certificate: nobody else may activate this marble")
      ->type_name("FILE");
  run->add_option("--key", flags->key, "curve of the key for the connection to the Coordinator")
      ->check(CLI::IsMember({"p256", "p384"}))
      ->capture_default_str();
  run->add_option("--timeout", flags->timeout, "seconds that one activation may take")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  run->add_option("--retry", flags->retry, "seconds to keep trying while the Coordinator cannot be reached")
      ->capture_default_str();
  run->add_option("--keep-env", flags->keep_env,
                  "hand on only these variables, with commas, and EDG_ ones (default: the whole environment)");
  run->add_flag("--allow-disk-secrets", flags->allow_disk_secrets, "let files of the manifest land on a disk");
  const std::string simulation = "Simulated evidence";
  run->add_option("--sim-platform", flags->sim_platform,
                  "folder of the simulated platform whose evidence to send; it measures PROGRAM")
      ->type_name("DIR")
      ->group(simulation);
  run->add_option("--sim-signer", flags->sim_signer, "signer, 64 hex digits")->group(simulation);
  run->add_option("--sim-product", flags->sim_identity.product_id, "product ID")->group(simulation);
  run->add_option("--sim-svn", flags->sim_identity.security_version, "security version")->group(simulation);
  run->add_flag("--sim-debug", flags->sim_identity.debug, "debug mode")->group(simulation);
  run->add_option("PROGRAM", flags->program, "program to become, and its arguments")->required();
  // Whatever follows PROGRAM is the program's, also what looks like one of our flags.
  run->prefix_command();
  run->fallthrough(false);
  program.Register(*run, [&program, run, flags]() -> Result<int> {
    if (program.options().json) return NoJson();
    STEELIE_CHECK_OK(NoneBeforeRun(program.app()));
    STEELIE_TRY(flags->arguments, ProgramArguments(run->remaining()));
    (void)HardenProcess();
    const SystemClock clock;
    const bool json = marble::WantsJsonLog(marble::ProcessEnvironment);
    marble::StartLog log(STDERR_FILENO, json, clock);
    const Error error = Run(*flags, clock, log);
    if (!json) return error;
    log.LogError(error.message(), {{"reason", error.reason()}});
    return 1;
  });
}

}  // namespace steelie::cli
