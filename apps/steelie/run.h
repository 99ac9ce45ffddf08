#pragma once

#include <CLI/CLI.hpp>

namespace steelie::cli {

/// Adds `steelie run [flags] -- PROGRAM [ARGS...]`: starts a program as a marble. The process becomes the program; if
/// that fails, `exit_code` is 1 and one line on standard error says why.
void AddRunCommand(CLI::App& app, int& exit_code);

}  // namespace steelie::cli
