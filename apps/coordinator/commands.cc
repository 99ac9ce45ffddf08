#include "commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "backup/inspect.h"
#include "backup/make.h"
#include "backup/restore.h"
#include "base/clock.h"
#include "base/visible.h"
#include "inspection_text.h"
#include "version.h"

namespace steelie::coordinator {
namespace {

constexpr std::array<std::string_view, 3> kCommands = {"backup", "restore", "inspect"};
constexpr int kRefused = 1;
constexpr int kCannotLook = 2;
// Below this a step is over before anybody has read that it began.
constexpr std::uint64_t kShownSteps = 20;

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }
void Report(const std::string& text) { std::fputs(text.c_str(), stderr); }

int Refuse(const Error& error, int code = kRefused) {
  Report("Error: " + Visible(error.message()) + " (" + Visible(error.reason()) + ")\n");
  return code;
}

/// Shows on standard error how far a step is, a line for every tenth of it, or one line that changes on a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (terminal_ && shown_ != 0) Report("\n");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  backup::Progress callback() {
    return [this](std::uint64_t done, std::uint64_t of) { Show(done, of); };
  }

 private:
  void Show(std::uint64_t done, std::uint64_t of) {
    if (of < kShownSteps || done > of) return;
    const auto percent = static_cast<unsigned>(static_cast<double>(done) * 100 / static_cast<double>(of));
    if (percent < shown_ + (terminal_ ? 1U : 10U)) return;
    shown_ = percent;
    Report((terminal_ ? "\r" : "") + what_ + ": " + std::to_string(percent) + " %" + (terminal_ ? "" : "\n"));
  }

  std::string what_;
  bool terminal_;
  unsigned shown_ = 0;
};

/// The parser of one command: help and mistakes are alike in all.
class Command {
 public:
  Command(const std::string& name, const std::string& description) : app_(description, "steelie-coordinator " + name) {}

  CLI::App& app() { return app_; }
  void AddSealDirectory(const std::string& help) {
    app_.add_option("--seal-dir", seal_directory_, help + " [EDG_COORDINATOR_SEAL_DIR]");
    app_.add_option("--config", config_, "configuration file (TOML)");
  }
  /// The exit code if there is nothing more to do. `mistakes` is that of a wrong command line.
  std::optional<int> Parse(int argc, const char* const* argv, int mistakes) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      std::ostringstream out, err;
      if (app_.exit(error, out, err) == 0) {
        Print(out.str());
        return 0;
      }
      Report("Error: " + Visible(error.what()) + " (see --help)\n");
      return mistakes;
    }
    return std::nullopt;
  }
  Result<std::string> SealDirectory(const Environment& environment) const {
    return ResolveSealDirectory(seal_directory_, config_, environment);
  }

 private:
  CLI::App app_;
  std::string seal_directory_;
  std::string config_;
};

// So that a temporary name can be made beside it.
std::string WithoutSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::uint64_t UnixNow() {
  const auto now = SystemClock().Now().time_since_epoch();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(now).count(), 0));
}

int RunBackup(int argc, const char* const* argv, const Environment& environment) {
  Command command("backup",
                  "Makes a backup of a seal directory, also while the Coordinator runs: a new folder that is complete "
                  "or not there at all.");
  command.AddSealDirectory("folder of the sealed state");
  std::string out;
  command.app().add_option("OUT", out, "folder to make; must not exist")->required();
  if (const auto code = command.Parse(argc, argv, kRefused)) return *code;
  const auto directory = command.SealDirectory(environment);
  if (!directory) return Refuse(directory.error());
  ProgressLine progress("copying");
  const auto made = backup::MakeBackup(*directory, WithoutSlashes(out), {UnixNow(), kVersion}, progress.callback());
  if (!made) return Refuse(made.error());
  const backup::BackupManifest& manifest = made->manifest;
  Print("Backup of ledger " + HexEncode(manifest.ledger_id) + " up to entry " + std::to_string(manifest.sequence) +
        (made->live ? ", of a running Coordinator" : "") + ": " + Visible(out) + "\n");
  if (manifest.Find(backup::kSealedFile) == nullptr) {
    Report("Note: " +
           (made->note.empty() ? "it holds no sealed_key: it needs recovery wherever it is restored"
                               : Visible(made->note)) +
           "\n");
  }
  return 0;
}

int RunRestore(int argc, const char* const* argv, const Environment& environment) {
  Command command("restore", "Makes a seal directory of a backup, in a new or empty folder.");
  command.AddSealDirectory("folder to restore into; new or empty");
  std::string from;
  backup::RestoreOptions options;
  command.app().add_option("BACKUP", from, "what `backup` made")->required();
  command.app().add_flag("--without-sealed-key", options.without_sealed_key,
                         "leave the wrapped key out: for another machine, where the state needs recovery");
  if (const auto code = command.Parse(argc, argv, kRefused)) return *code;
  const auto directory = command.SealDirectory(environment);
  if (!directory) return Refuse(directory.error());
  ProgressLine progress("restoring");
  options.progress = progress.callback();
  const auto restored = backup::Restore(WithoutSlashes(from), WithoutSlashes(*directory), options);
  if (!restored) return Refuse(restored.error());
  Print("Restored ledger " + HexEncode(restored->manifest.ledger_id) + " up to entry " +
        std::to_string(restored->manifest.sequence) + " into " + Visible(*directory) + "\n");
  Print(restored->with_key ? "On the machine and with the program that sealed it the Coordinator opens it; anywhere "
                             "else it starts in recovery.\n"
                           : "There is no sealed_key: the Coordinator starts in recovery.\n");
  return 0;
}

int RunInspect(int argc, const char* const* argv) {
  Command command("inspect",
                  "Looks at a seal directory or a backup without keys and changes nothing. Exit code 0: sound, 1: "
                  "damaged, 2: it could not be looked at.");
  std::string path;
  bool json = false;
  command.app().add_option("DIRECTORY", path, "seal directory that no Coordinator uses, or a backup")->required();
  command.app().add_flag("--json", json, "print JSON");
  if (const auto code = command.Parse(argc, argv, kCannotLook)) return *code;
  const auto inspection = backup::Inspect(WithoutSlashes(path));
  if (!inspection) return Refuse(inspection.error(), kCannotLook);
  Print(json ? InspectionJson(*inspection) : InspectionText(*inspection));
  return inspection->sound() ? 0 : kRefused;
}

}  // namespace

bool IsCommand(std::string_view word) { return std::ranges::find(kCommands, word) != kCommands.end(); }

int RunCommand(int argc, const char* const* argv, const Environment& environment) {
  const std::string_view name = argv[1];
  if (name == "backup") return RunBackup(argc - 1, argv + 1, environment);
  if (name == "restore") return RunRestore(argc - 1, argv + 1, environment);
  return RunInspect(argc - 1, argv + 1);
}

}  // namespace steelie::coordinator
