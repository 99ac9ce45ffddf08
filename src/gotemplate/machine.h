#pragma once

#include <string_view>

#include "gotemplate/program.h"
#include "gotemplate/store.h"

namespace steelie::gotemplate {

/// Runs a program over the data. Errors as Template::Execute; messages name the line.
Result<SecretBuffer> RunProgram(const Program& program, const Ast& ast, std::string_view source, const Data& data,
                                const Limits& limits);

}  // namespace steelie::gotemplate
