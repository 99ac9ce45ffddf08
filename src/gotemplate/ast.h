#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "gotemplate/functions.h"
#include "gotemplate/number.h"

// A parsed template text. Everything is kept in vectors and named by its place in them, so that taking a deeply nested
// text apart again needs no deep stack.

namespace steelie::gotemplate {

using Id = std::uint32_t;
inline constexpr Id kNone = std::numeric_limits<Id>::max();

/// `$` is always the first name.
inline constexpr Id kRootVariable = 0;

using Constant = std::variant<bool, Number, std::string>;

struct Operand {
  enum class Kind : std::uint8_t { kDot, kNil, kConstant, kField, kVariable, kFunction, kPipeline };
  Kind kind = Kind::kDot;
  Id index = kNone;        // of the constant, name, function (as a number) or pipeline
  std::vector<Id> fields;  // names of the path behind it
  std::uint32_t line = 0;
};

/// What stands between two `|`: the first operand is what is called or evaluated.
struct Command {
  std::vector<Operand> operands;
};

struct Pipeline {
  bool assigns = false;       // `=` instead of `:=`
  std::vector<Id> variables;  // names
  std::vector<Command> commands;
  std::uint32_t line = 0;
};

/// One `if` or `else if` with what belongs to it; `with` and `range` likewise.
struct Branch {
  Id pipeline = kNone;
  Id list = kNone;
};

struct Statement {
  enum class Kind : std::uint8_t { kText, kAction, kIf, kWith, kRange, kBreak, kContinue, kTemplate };
  Kind kind = Kind::kText;
  std::uint32_t line = 0;
  std::size_t offset = 0;  // of kText in the source
  std::size_t size = 0;
  Id pipeline = kNone;           // of kAction, and of kTemplate if it has an argument
  Id name = kNone;               // of kTemplate
  std::vector<Branch> branches;  // of kIf and kWith, one of kRange
  Id otherwise = kNone;          // list of the `else` part
};

using List = std::vector<Statement>;

struct Definition {
  Id name = kNone;
  Id list = kNone;
};

struct Ast {
  std::vector<std::string> names;
  std::vector<Constant> constants;
  std::vector<Pipeline> pipelines;
  std::vector<List> lists;
  std::vector<Definition> definitions;
  Id main = kNone;  // the definition that is executed
};

}  // namespace steelie::gotemplate
