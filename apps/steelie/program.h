#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "console.h"
#include "flags.h"

namespace steelie::cli {

/// Flags that every command takes.
struct GlobalOptions {
  std::string certificate_cache;  // empty if it was not given and there is no default
  std::string era_config;
  bool insecure = false;
  std::vector<std::string> accepted_tcb_statuses{"UpToDate", "SWHardeningNeeded"};
  std::vector<std::string> accepted_advisories;
  std::string kubernetes_namespace = "marblerun";
  std::string nonce;
  std::string save_quote;
  std::string sim_platform;
  unsigned timeout_seconds = 120;
  bool json = false;
  bool version = false;
};

/// What commands share: the global options, the console, and the table from parsed command to function.
///
/// A command is a file with one function `void AddXCommand(CLI::App& parent, Program& program)`, called by main.cc. It
/// adds a subcommand with its options and registers what to run; the function runs after everything was parsed.
class Program {
 public:
  /// The exit code, or an error that is printed as `Error: ...` with exit code 1.
  using Function = std::function<Result<int>()>;

  Program();
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Register(const CLI::App& command, Function function) { functions_.emplace_back(&command, std::move(function)); }

  /// Parses and runs. Returns the exit code of the process.
  int Run(int argc, const char* const* argv);

  CLI::App& app() { return *app_; }
  const CLI::App& app() const { return *app_; }
  const GlobalOptions& options() const { return options_; }
  const Console& console() const { return console_; }
  const Clock& clock() const { return clock_; }

 private:
  const Function* Find(const CLI::App* command) const;
  int RunParsed();

  std::unique_ptr<CLI::App> app_;
  GlobalOptions options_;
  Console console_{options_.json};
  SystemClock clock_;
  std::vector<std::pair<const CLI::App*, Function>> functions_;
};

}  // namespace steelie::cli
