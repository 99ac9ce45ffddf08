#include "client/output_file.h"
#include "commands.h"
#include "session.h"

namespace steelie::cli {
namespace {

struct Options {
  std::string address;
  std::string output;
};

Result<int> Run(const Program& program, const Options& options) {
  STEELIE_TRY(const Session session, ConnectCached(program, options.address));
  // Scripts know this line of the reference's, which only trusts the cached certificate here as well.
  program.console().Line("Successfully verified Coordinator, now requesting update log");
  STEELIE_TRY(const std::vector<std::string> log, session.client->GetUpdateLog().WithContext("retrieving update log"));
  std::string text;
  for (const std::string& line : log) text += (text.empty() ? "" : "\n") + line;
  if (options.output.empty()) {
    program.console().Data("Update log:\n" + text + "\n");
  } else {
    STEELIE_CHECK_OK(client::WriteOutput(options.output, AsBytes(text), client::OutputKind::kPrivate));
    program.console().Line("Update log written to: " + options.output);
  }
  program.console().Json(client::JsonObject().Add("updateLog", log));
  return 0;
}

}  // namespace

void AddManifestLogCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "log", "Show what was changed since the manifest was set");
  auto options = std::make_shared<Options>();
  AddAddress(command, options->address);
  AddFileOption(command, "-o,--output", options->output, "File for the log instead of standard output");
  program.Register(command, [&program, options] { return Run(program, *options); });
}

}  // namespace steelie::cli
