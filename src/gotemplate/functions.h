#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gotemplate/template.h"

namespace steelie::gotemplate {

/// Everything that can be called by name.
enum class Function : std::uint8_t {
  kAnd,
  kCall,
  kEq,
  kGe,
  kGt,
  kHtml,
  kIndex,
  kJs,
  kLe,
  kLen,
  kLt,
  kNe,
  kNot,
  kOr,
  kPrint,
  kPrintf,
  kPrintln,
  kSlice,
  kUrlquery,
  kPem,
  kHex,
  kBase64,
  kRaw,
  kString,
};

/// The function of that name, if the set has it.
std::optional<Function> FindFunction(std::string_view name, FunctionSet functions);
std::string_view FunctionName(Function function);
/// Whether the function takes that many arguments.
bool AcceptsArguments(Function function, std::size_t count);

}  // namespace steelie::gotemplate
