#pragma once

#include <string_view>

#include "config.h"

namespace steelie::coordinator {

/// Whether a command line begins with one of the commands that look after the state: `backup`, `restore`, `inspect`.
bool IsCommand(std::string_view word);

/// Runs such a command; `argv[1]` is its name. Returns the exit code: 0 done (inspect: sound), 1 refused or failed
/// (inspect: damaged), 2 inspect could not look.
int RunCommand(int argc, const char* const* argv, const Environment& environment);

}  // namespace steelie::coordinator
