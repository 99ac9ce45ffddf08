#pragma once

#include "gotemplate/ast.h"

namespace steelie::gotemplate {

/// What executions of the template may look at; see References.
References FindReferences(const Ast& ast);

}  // namespace steelie::gotemplate
