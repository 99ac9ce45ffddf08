#include "platform/sim.h"
#include "commands.h"
#include "crypto/random.h"
#include "program.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string folder;
  std::string vendor;
};

Result<int> MakeHost(const Program& program, const Options& options) {
  SystemRandom random;
  const std::string& vendor = options.vendor.empty() ? options.folder : options.vendor;
  STEELIE_CHECK_OK(platform::SimPlatform::MakeHost(vendor, options.folder, random, program.clock()));
  program.console().Line("Simulated host written to " + options.folder);
  program.console().Json(client::JsonObject().Add("host", options.folder).Add("vendor", vendor));
  return 0;
}

}  // namespace

Result<int> PrintMeasurement(const Program& program, const std::string& path) {
  STEELIE_TRY(const Sha256Digest digest, platform::MeasureProgram(path));
  program.console().Line(HexEncode(digest));
  program.console().Json(client::JsonObject().Add("program", path).Add("measurement", HexEncode(digest)));
  return 0;
}

void AddSimCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "sim", "The simulated platform, for development without a TEE");
  CLI::App& host = AddCommand(command, "host", "Make a simulated host");
  auto options = std::make_shared<Options>();
  AddArgument(host, "DIR", options->folder, "Folder for the host");
  AddFolderOption(host, "--vendor", options->vendor, "Folder of the vendor that certifies it (default: DIR)");
  program.Register(host, [&program, options] { return MakeHost(program, *options); });

  CLI::App& measure = AddCommand(command, "measure", "Print the measurement of a program");
  auto path = std::make_shared<std::string>();
  AddArgument(measure, "FILE", *path, "Program");
  program.Register(measure, [&program, path] { return PrintMeasurement(program, *path); });
}

}  // namespace steelie::cli
