#include <CLI/CLI.hpp>
#include <cstdio>

#include "commands.h"
#include "program.h"

namespace steelie::cli {
namespace {

const CLI::App* FindChild(const CLI::App& parent, const std::string& name) {
  const auto found = parent.get_subcommands([&](const CLI::App* child) { return child->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

}  // namespace

void AddHelpCommand(CLI::App& parent, Program& program) {
  CLI::App& command = AddCommand(parent, "help", "Explain a command");
  auto path = std::make_shared<std::vector<std::string>>();
  AddArguments(command, "COMMAND", *path, 0, "Command, with its subcommands");
  program.Register(command, [&program, path]() -> Result<int> {
    const CLI::App* at = &program.app();
    for (const std::string& name : *path) {
      const CLI::App* next = FindChild(*at, name);
      if (next == nullptr) return Error(Code::kNotFound, "cli.help", "unknown help topic \"" + name + "\"");
      at = next;
    }
    std::fputs(HelpText(*at).c_str(), stdout);
    return 0;
  });
}

}  // namespace steelie::cli
