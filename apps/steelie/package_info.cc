#include "commands.h"
#include "platform/sim.h"
#include "program.h"

namespace steelie::cli {

void AddPackageInfoCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "package-info", "Print what a manifest's package may say of a program");
  auto path = std::make_shared<std::string>();
  AddArgument(command, "PATH", *path, "Program");
  program.Register(command, [&program, path]() -> Result<int> {
    STEELIE_TRY(const Sha256Digest digest, platform::MeasureProgram(*path));
    const std::string measurement = HexEncode(digest);
    program.console().Line("PackageProperties for '" + *path + "' on the simulated platform:");
    program.console().Line("Measurement (SHA-256)     : " + measurement);
    program.console().Json(
        client::JsonObject().AddRaw("Sim", client::JsonObject().Add("Measurement", measurement).Text()));
    return 0;
  });
}

}  // namespace steelie::cli
