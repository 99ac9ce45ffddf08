#include "commands.h"
#include "program.h"

namespace steelie::cli {

void AddVersionCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "version", "Print the version of this program");
  program.Register(command, [&program]() -> Result<int> {
    program.console().Line("CLI Version: v" STEELIE_VERSION " ");
    program.console().Line("Commit: " STEELIE_COMMIT);
    program.console().Json(client::JsonObject().Add("version", STEELIE_VERSION).Add("commit", STEELIE_COMMIT));
    return 0;
  });
}

}  // namespace steelie::cli
