#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace steelie::cli {

// What commands say about their command line. The library behind it is slow to compile, so it is seen by few files
// only.

CLI::App& AddCommand(CLI::App& parent, const char* name, const char* description);
/// A required positional argument.
void AddArgument(CLI::App& command, const char* name, std::string& value, const char* description);
/// A positional argument that may be missing. That of a command which has subcommands must be there if none of them is
/// given: ArgumentProblem.
void AddOptionalArgument(CLI::App& command, const char* name, std::string& value, const char* description);
/// Positional arguments, at least `minimum`, of which there may be none if that is 0.
void AddArguments(CLI::App& command, const char* name, std::vector<std::string>& values, int minimum,
                  const char* description);
/// The required positional argument `ADDRESS`.
void AddAddress(CLI::App& command, std::string& address);
/// An option with a value; `names` as in `-o,--output`. A value that is set already is the default.
void AddOption(CLI::App& command, const char* names, std::string& value, const char* description);
/// The same for the name of a file or of a folder, which shells complete.
void AddFileOption(CLI::App& command, const char* names, std::string& value, const char* description);
void AddFolderOption(CLI::App& command, const char* names, std::string& value, const char* description);
void AddFlag(CLI::App& command, const char* names, bool& value, const char* description);

/// What is wrong with the arguments of the command that was selected, beyond what parsing finds; empty if nothing is.
std::string ArgumentProblem(const CLI::App& command);
/// `steelie manifest set`
std::string CommandPath(const CLI::App& command);
std::string HelpText(const CLI::App& command);

}  // namespace steelie::cli
