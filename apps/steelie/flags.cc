#include "flags.h"

#include <CLI/CLI.hpp>

namespace steelie::cli {

CLI::App& AddCommand(CLI::App& parent, const char* name, const char* description) {
  return *parent.add_subcommand(name, description);
}

void AddArgument(CLI::App& command, const char* name, std::string& value, const char* description) {
  command.add_option(name, value, description)->required();
}

void AddOptionalArgument(CLI::App& command, const char* name, std::string& value, const char* description) {
  command.add_option(name, value, description);
}

void AddArguments(CLI::App& command, const char* name, std::vector<std::string>& values, int minimum,
                  const char* description) {
  CLI::Option* option = command.add_option(name, values, description);
  if (minimum > 0) option->expected(-minimum)->required();
}

void AddAddress(CLI::App& command, std::string& address) {
  AddArgument(command, "ADDRESS", address, "Client API of the Coordinator, HOST:PORT");
}

namespace {

void AddTyped(CLI::App& command, const char* names, std::string& value, const char* description, const char* type) {
  CLI::Option* option = command.add_option(names, value, description)->type_name(type);
  if (!value.empty()) option->capture_default_str();
}

}  // namespace

void AddOption(CLI::App& command, const char* names, std::string& value, const char* description) {
  AddTyped(command, names, value, description, "TEXT");
}

void AddFileOption(CLI::App& command, const char* names, std::string& value, const char* description) {
  AddTyped(command, names, value, description, "FILE");
}

void AddFolderOption(CLI::App& command, const char* names, std::string& value, const char* description) {
  AddTyped(command, names, value, description, "DIR");
}

void AddFlag(CLI::App& command, const char* names, bool& value, const char* description) {
  command.add_flag(names, value, description);
}

std::string ArgumentProblem(const CLI::App& command) {
  const auto named = [](const CLI::App* child) { return !child->get_name().empty(); };
  const bool has_subcommands = !command.get_subcommands(named).empty();
  for (const CLI::Option* option : command.get_options()) {
    if (has_subcommands && option->get_positional() && option->count() == 0) return option->get_name() + " is required";
  }
  // What a subcommand does not take falls to the command around it.
  for (const CLI::App* around = command.get_parent(); around != nullptr; around = around->get_parent()) {
    for (const CLI::Option* option : around->get_options()) {
      if (!option->get_positional() || option->count() == 0) continue;
      return "unexpected argument \"" + option->results().front() + "\" for \"" + CommandPath(command) + "\"";
    }
  }
  return "";
}

std::string CommandPath(const CLI::App& command) {
  std::string out = command.get_name();
  for (const CLI::App* at = command.get_parent(); at != nullptr; at = at->get_parent()) {
    out = at->get_name() + " " + out;
  }
  return out;
}

std::string HelpText(const CLI::App& command) {
  std::string out = command.get_formatter()->make_help(&command, CommandPath(command), CLI::AppFormatMode::Normal);
  while (out.ends_with("\n\n")) out.pop_back();
  const CLI::App* group = command.get_parent();
  if (group == nullptr) return out;
  // A command takes the options of its group, too, but its help does not list them.
  const bool more = group->get_parent() != nullptr && group->get_options().size() > 1;
  if (more) out += "\nOptions of all its commands: " + CommandPath(*group) + " --help";
  // `run` takes its own only.
  if (!command.get_fallthrough()) return out;
  return out + "\nOptions of every command: steelie --help\n";
}

}  // namespace steelie::cli
