#pragma once

namespace CLI {
class App;
}

namespace steelie::cli {

class Console;
class Program;

// One function and one file per command. Each adds its subcommand to `parent`, options included, and registers what it
// does with the program.

/// `run`: starts a program as a marble. The process becomes the program; it returns only if that fails.
void AddRunCommand(CLI::App& parent, Program& program);
/// `seal` and `unseal`: a file in, a file out, with a key as the Coordinator hands it to a marble.
void AddSealCommands(CLI::App& parent, Program& program);
void AddStatusCommand(CLI::App& parent, Program& program);
void AddManifestCommand(CLI::App& parent, Program& program);
void AddCertificateCommand(CLI::App& parent, Program& program);
void AddSecretCommand(CLI::App& parent, Program& program);
void AddQuoteCommand(CLI::App& parent, Program& program);
void AddRecoverCommand(CLI::App& parent, Program& program);
/// Part of `recover`.
void AddRecoverDrillCommand(CLI::App& parent, Program& program);
void AddRecoverWithSignatureCommand(CLI::App& parent, Program& program);
void AddSimCommand(CLI::App& parent, Program& program);
/// `time-floor`: the time below which a Coordinator never decides.
void AddTimeFloorCommand(CLI::App& parent, Program& program);
void AddPackageInfoCommand(CLI::App& parent, Program& program);
void AddVersionCommand(CLI::App& parent, Program& program);
/// `--version`
void PrintVersion(const Console& console);
void AddCompletionCommand(CLI::App& parent, Program& program);
void AddHelpCommand(CLI::App& parent, Program& program);

// Parts of `manifest`.
void AddManifestGetCommand(CLI::App& parent, Program& program);
void AddManifestLogCommand(CLI::App& parent, Program& program);
void AddManifestSetCommand(CLI::App& parent, Program& program);
void AddManifestSignatureCommand(CLI::App& parent, Program& program);
void AddManifestUpdateCommand(CLI::App& parent, Program& program);
void AddManifestVerifyCommand(CLI::App& parent, Program& program);
void AddManifestCheckCommand(CLI::App& parent, Program& program);
/// `diff` and `plan`.
void AddManifestPlanCommands(CLI::App& parent, Program& program);

}  // namespace steelie::cli
