#include <sys/prctl.h>

#include <string_view>

#include "commands.h"
#include "program.h"
#include "secret/harden.h"

namespace {

// The first argument that is no flag.
std::string_view CommandName(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') return argv[i];
  }
  return "";
}

void Harden(int argc, char** argv) {
  if (CommandName(argc, argv) == "run") {
    // This process becomes another program, which would inherit limits and umask. What is left ends with exec, and
    // keeps debuggers and core dumps away until then.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return;
  }
  // What cannot be done on this machine is not worth a line with every command.
  steelie::HardenProcess();
}

}  // namespace

int main(int argc, char** argv) {
  Harden(argc, argv);
  steelie::cli::Program program;
  CLI::App& app = program.app();
  steelie::cli::AddManifestCommand(app, program);
  steelie::cli::AddCertificateCommand(app, program);
  steelie::cli::AddSecretCommand(app, program);
  steelie::cli::AddStatusCommand(app, program);
  steelie::cli::AddQuoteCommand(app, program);
  steelie::cli::AddRecoverCommand(app, program);
  steelie::cli::AddRecoverWithSignatureCommand(app, program);
  steelie::cli::AddRunCommand(app, program);
  steelie::cli::AddSealCommands(app, program);
  steelie::cli::AddTimeFloorCommand(app, program);
  steelie::cli::AddPackageInfoCommand(app, program);
  steelie::cli::AddSimCommand(app, program);
  steelie::cli::AddVersionCommand(app, program);
  steelie::cli::AddCompletionCommand(app, program);
  steelie::cli::AddHelpCommand(app, program);
  return program.Run(argc, argv);
}
