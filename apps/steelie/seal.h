#pragma once

#include <CLI/CLI.hpp>

namespace steelie::cli {

/// Adds `steelie seal` and `steelie unseal`: a file in, a file out, with a key as the Coordinator hands it to a marble.
void AddSealCommands(CLI::App& app, int& exit_code);

}  // namespace steelie::cli
