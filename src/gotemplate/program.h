#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gotemplate/ast.h"
#include "gotemplate/value.h"

namespace steelie::gotemplate {

/// Instructions of a small stack machine. An execution needs no recursion, so that neither deep nesting nor endless
/// template calls can exhaust the process's stack.
enum class Op : std::uint8_t {
  kText,       // put out `size` bytes of the source from `a`
  kPrint,      // pop and put out
  kPop,        //
  kConstant,   // push constant a
  kNil,        // push nil
  kDot,        // push the dot
  kVariable,   // push the innermost variable named a
  kField,      // pop a receiver, push its field named a; `count` arguments lie above it
  kIfMissing,  // go to a if the top is "no value": arguments behind one are not evaluated
  kCall,       // pop `count` arguments, push the result of function a
  kAnd,        // go to a if the top is false, else pop
  kOr,         // go to a if the top is true, else pop
  kDeclare,    // a new variable named a has the value of the top
  kAssign,     // the innermost variable named a gets the value of the top
  kEnter,      // begin a control structure: variables and dot are restored at its end
  kLeave,      // end it
  kJump,       // go to a
  kIfNot,      // pop, go to a if false
  kWith,       // pop, go to a if false, else it is the dot
  kRange,      // pop and begin to iterate; go to a if there is nothing
  kNext,       // go to a behind the last element, else set dot and variables to the next one
  kUnwind,     // leave `count` control structures and go to a
  kTemplate,   // pop the argument and call template a
  kReturn,     //
  kFail,       // the error with message a
};

struct Instruction {
  Op op = Op::kFail;
  std::uint32_t count = 0;
  std::size_t a = 0;
  std::size_t size = 0;
  std::uint32_t line = 0;
};

/// How a loop hands its elements to variables.
struct Loop {
  bool assigns = false;
  std::vector<Id> variables;  // at most an index and an element; kRange and kNext name the loop by `size`
};

struct Program {
  std::vector<Instruction> code;
  std::vector<std::size_t> entries;  // of the definitions
  std::vector<Value> constants;      // they point into the Ast
  std::vector<Loop> loops;
  std::vector<std::string> failures;
  std::size_t main = 0;
};

/// Translates a parsed template. The result points into `ast`, which must outlive it and stay where it is.
Program Compile(const Ast& ast);

}  // namespace steelie::gotemplate
