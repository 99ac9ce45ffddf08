#pragma once

#include <string_view>

#include "base/result.h"
#include "gotemplate/ast.h"

namespace steelie::gotemplate {

/// Parses a template text (hostile bytes). Texts above 16 MiB, of more than 500,000 operands and statements, or nested
/// deeper than 500 levels are refused.
///
/// Errors: kInvalidArgument `template.parse`, with the line in the message.
Result<Ast> ParseTemplate(std::string_view text, FunctionSet functions);

}  // namespace steelie::gotemplate
