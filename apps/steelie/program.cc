#include "program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "client/certificate_cache.h"
#include "commands.h"

namespace steelie::cli {
namespace {

// The innermost command that was given.
const CLI::App* Selected(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return at;
}

// The cause is a flag, if there is an unknown one: what follows it is taken for something else.
std::string Unexpected(const std::vector<std::string>& unknown, const CLI::App& command, bool runs) {
  const auto flag = std::ranges::find_if(unknown, [](const std::string& text) { return text.starts_with('-'); });
  if (flag != unknown.end()) return "unknown flag: " + *flag;
  if (runs) return "unexpected argument \"" + unknown.front() + "\" for \"" + CommandPath(command) + "\"";
  return "unknown command \"" + unknown.front() + "\" for \"" + CommandPath(command) + "\"";
}

std::string DefaultCache() {
  const auto path = client::DefaultCachePath(std::getenv("XDG_CONFIG_HOME"), std::getenv("HOME"));
  return path ? path->string() : "";
}

void Print(std::FILE* file, const std::string& text) { std::fputs(text.c_str(), file); }

std::string Explained(const Error& error) {
  if (error.reason() != "client.tls.untrusted") return error.message();
  return error.message() +
         ". Is this the client API? If the Coordinator was set up anew, run 'steelie manifest verify' to verify it and "
         "to update the certificate cache; in recovery, use 'steelie status --insecure' and 'steelie recover'";
}

}  // namespace

Program::Program()
    : app_(std::make_unique<CLI::App>("Control plane for confidential computing: command line client", "steelie")) {
  options_.certificate_cache = DefaultCache();
  app_->require_subcommand(0, 1);
  app_->fallthrough();
  app_->option_defaults()->group("Global options");
  app_->add_option("--coordinator-cert", options_.certificate_cache, "File with the cached Coordinator certificates")
      ->type_name("FILE");
  app_->add_option("--era-config", options_.era_config,
                   "File that describes the genuine Coordinator (default ./era-config.json)")
      ->type_name("FILE");
  app_->add_flag("-i,--insecure", options_.insecure, "Skip the verification of the Coordinator and its certificate");
  app_->add_option("--accepted-tcb-statuses", options_.accepted_tcb_statuses, "TCB statuses to accept")->delimiter(',');
  app_->add_option("--accepted-advisories", options_.accepted_advisories, "Advisories to accept")->delimiter(',');
  app_->add_option("-n,--namespace", options_.kubernetes_namespace, "Kubernetes namespace (accepted, not used)");
  app_->add_option("--nonce", options_.nonce, "Nonce that the Coordinator's evidence must contain");
  app_->add_option("--save-sgx-quote", options_.save_quote, "File for the Coordinator's evidence")->type_name("FILE");
  app_->add_option("--sim-platform", options_.sim_platform, "Folder of the simulated platform to trust")
      ->type_name("DIR");
  app_->add_option("--timeout", options_.timeout_seconds, "Seconds that one request may take")
      ->check(CLI::Range(1, 86400));
  app_->add_flag("--json", options_.json, "Print one JSON object instead of text");
  app_->option_defaults()->group("Options");
  // Only without a command: with `run`, what follows PROGRAM is the program's.
  app_->add_flag("--version", options_.version, "Print the versions of this program and of its OpenSSL library");
}

Program::~Program() = default;

const Program::Function* Program::Find(const CLI::App* command) const {
  const auto found = std::ranges::find(functions_, command, [](const auto& f) { return f.first; });
  return found == functions_.end() ? nullptr : &found->second;
}

int Program::RunParsed() {
  const CLI::App* command = Selected(*app_);
  const Function* function = Find(command);
  if (options_.version) {
    PrintVersion(console_);
    return FlushOutput() ? 0 : 1;
  }
  if (function == nullptr) {
    Print(stdout, HelpText(*command));
    return FlushOutput() ? 0 : 1;
  }
  if (const std::string problem = ArgumentProblem(*command); !problem.empty()) {
    PrintError(problem);
    Print(stderr, HelpText(*command));
    return 1;
  }
  const Result<int> result = (*function)();
  if (!result) {
    FlushOutput();
    PrintError(Explained(result.error()));
    return 1;
  }
  if (!FlushOutput()) {
    PrintError("cannot write to standard output");
    return 1;
  }
  return *result;
}

int Program::Run(int argc, const char* const* argv) {
  // The library reports by exceptions; none of them leaves this function.
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    Print(stdout, HelpText(*Selected(*app_)));
    return FlushOutput() ? 0 : 1;
  } catch (const CLI::ParseError& e) {
    const std::vector<std::string> unknown = app_->remaining(/*recurse=*/true);
    const CLI::App* command = Selected(*app_);
    PrintError(unknown.empty() ? e.what() : Unexpected(unknown, *command, Find(command) != nullptr));
    Print(stderr, HelpText(*Selected(*app_)));
    return 1;
  }
  return RunParsed();
}

}  // namespace steelie::cli
