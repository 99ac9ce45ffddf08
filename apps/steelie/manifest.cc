#include "commands.h"
#include "program.h"

namespace steelie::cli {

void AddManifestCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "manifest", "Set, read, check and update the manifest");
  AddManifestGetCommand(command, program);
  AddManifestLogCommand(command, program);
  AddManifestSetCommand(command, program);
  AddManifestSignatureCommand(command, program);
  AddManifestUpdateCommand(command, program);
  AddManifestVerifyCommand(command, program);
  AddManifestCheckCommand(command, program);
  AddManifestPlanCommands(command, program);
}

}  // namespace steelie::cli
