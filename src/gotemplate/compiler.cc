#include <map>
#include <utility>

#include "gotemplate/program.h"

namespace steelie::gotemplate {
namespace {

class Compiler {
 public:
  explicit Compiler(const Ast& ast) : ast_(ast) {}
  Program Run();

 private:
  // Where `break` and `continue` of the innermost loop go.
  struct LoopTargets {
    std::size_t next = 0;             // the instruction that `continue` goes to
    std::vector<std::size_t> breaks;  // instructions to be patched with the loop's end
    std::size_t break_depth = 0;      // control structures open inside the loop's own
    std::size_t continue_depth = 0;
  };

  std::size_t Emit(Op op, std::size_t a = 0, std::uint32_t count = 0);
  void Fail(std::string message);
  std::size_t Here() const { return out_.code.size(); }
  void Patch(std::size_t instruction) { out_.code[instruction].a = Here(); }

  void CompileList(Id list);
  void CompileStatement(const Statement& statement);
  void CompileBranches(const Statement& statement);
  void CompileRange(const Statement& statement);
  void CompileLoopControl(const Statement& statement);
  void CompileTemplate(const Statement& statement);
  /// Leaves the value on the stack. A loop's own variables are declared here, too.
  void CompilePipeline(Id pipeline);
  void CompileCommand(const Command& command, bool piped);
  void CompileCall(const Command& command, bool piped);
  void CompileArgument(const Operand& operand);
  /// The operand without its last field if `keep_last`.
  void CompileOperand(const Operand& operand, bool keep_last);
  void CompileConstant(Id constant);

  const Ast& ast_;
  Program out_;
  std::map<Id, std::size_t> by_name_;
  std::vector<LoopTargets> loops_;
  std::size_t open_ = 0;  // control structures
  std::uint32_t line_ = 0;
};

std::size_t Compiler::Emit(Op op, std::size_t a, std::uint32_t count) {
  out_.code.push_back({op, count, a, 0, line_});
  return out_.code.size() - 1;
}

void Compiler::Fail(std::string message) {
  Emit(Op::kFail, out_.failures.size());
  out_.failures.push_back(std::move(message));
}

Program Compiler::Run() {
  for (const Constant& constant : ast_.constants) {
    Value value;
    if (const auto* b = std::get_if<bool>(&constant)) value = Value::Bool(*b);
    if (const auto* s = std::get_if<std::string>(&constant)) value = Value::String(*s);
    if (const auto* n = std::get_if<Number>(&constant)) {
      value = n->kind == Number::Kind::kFloat     ? Value::Float(n->real)
              : n->kind == Number::Kind::kComplex ? Value::Complex(n->real, n->imaginary)
                                                  : Value::Int(n->integer);
    }
    out_.constants.push_back(value);
  }
  for (std::size_t i = 0; i < ast_.definitions.size(); ++i) by_name_[ast_.definitions[i].name] = i;
  for (const Definition& definition : ast_.definitions) {
    out_.entries.push_back(Here());
    CompileList(definition.list);
    Emit(Op::kReturn);
  }
  out_.main = ast_.main;
  return std::move(out_);
}

void Compiler::CompileList(Id list) {
  for (const Statement& statement : ast_.lists[list]) {
    line_ = statement.line;
    CompileStatement(statement);
  }
}

void Compiler::CompileStatement(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kText:
      Emit(Op::kText, statement.offset);
      out_.code.back().size = statement.size;
      return;
    case Statement::Kind::kAction:
      CompilePipeline(statement.pipeline);
      Emit(ast_.pipelines[statement.pipeline].variables.empty() ? Op::kPrint : Op::kPop);
      return;
    case Statement::Kind::kIf:
    case Statement::Kind::kWith:
      return CompileBranches(statement);
    case Statement::Kind::kRange:
      return CompileRange(statement);
    case Statement::Kind::kBreak:
    case Statement::Kind::kContinue:
      return CompileLoopControl(statement);
    case Statement::Kind::kTemplate:
      return CompileTemplate(statement);
  }
}

void Compiler::CompileBranches(const Statement& statement) {
  std::vector<std::size_t> to_end;
  Emit(Op::kEnter);
  ++open_;
  for (const Branch& branch : statement.branches) {
    CompilePipeline(branch.pipeline);
    const std::size_t skip = Emit(statement.kind == Statement::Kind::kIf ? Op::kIfNot : Op::kWith);
    CompileList(branch.list);
    to_end.push_back(Emit(Op::kJump));
    Patch(skip);
  }
  if (statement.otherwise != kNone) CompileList(statement.otherwise);
  for (const std::size_t jump : to_end) Patch(jump);
  Emit(Op::kLeave);
  --open_;
}

void Compiler::CompileRange(const Statement& statement) {
  const Branch& branch = statement.branches.front();
  const Pipeline& pipeline = ast_.pipelines[branch.pipeline];
  const std::size_t loop = out_.loops.size();
  out_.loops.push_back({pipeline.assigns, pipeline.variables});
  Emit(Op::kEnter);
  ++open_;
  CompilePipeline(branch.pipeline);
  const std::size_t begin = Emit(Op::kRange);
  out_.code[begin].size = loop;
  const std::size_t next = Emit(Op::kNext);
  out_.code[next].size = loop;
  loops_.push_back({next, {}, open_, open_});
  CompileList(branch.list);
  Emit(Op::kJump, next);
  Patch(begin);
  if (statement.otherwise != kNone) {
    // Here `break` still ends this loop, but `continue` is about the one around it.
    if (loops_.size() > 1) {
      loops_.back().next = loops_[loops_.size() - 2].next;
      loops_.back().continue_depth = loops_[loops_.size() - 2].continue_depth;
    }
    CompileList(statement.otherwise);
  }
  Patch(next);
  for (const std::size_t jump : loops_.back().breaks) Patch(jump);
  loops_.pop_back();
  Emit(Op::kLeave);
  --open_;
}

void Compiler::CompileLoopControl(const Statement& statement) {
  LoopTargets& loop = loops_.back();
  if (statement.kind == Statement::Kind::kBreak) {
    loop.breaks.push_back(Emit(Op::kUnwind, 0, static_cast<std::uint32_t>(open_ - loop.break_depth)));
  } else {
    Emit(Op::kUnwind, loop.next, static_cast<std::uint32_t>(open_ - loop.continue_depth));
  }
}

void Compiler::CompileTemplate(const Statement& statement) {
  const auto at = by_name_.find(statement.name);
  if (at == by_name_.end()) {
    return Fail("template \"" + ast_.names[statement.name].substr(0, 64) + "\" not defined");
  }
  if (statement.pipeline == kNone) {
    Emit(Op::kNil);
  } else {
    CompilePipeline(statement.pipeline);
  }
  Emit(Op::kTemplate, at->second);
}

void Compiler::CompilePipeline(Id id) {
  const Pipeline& pipeline = ast_.pipelines[id];
  bool piped = false;
  for (const Command& command : pipeline.commands) {
    CompileCommand(command, piped);
    piped = true;
  }
  for (const Id variable : pipeline.variables) Emit(pipeline.assigns ? Op::kAssign : Op::kDeclare, variable);
}

// A value that was piped in is on the stack; it becomes the last argument.
void Compiler::CompileCommand(const Command& command, bool piped) {
  const Operand& first = command.operands.front();
  line_ = first.line;
  const bool has_arguments = command.operands.size() > 1 || piped;
  const bool has_path = !first.fields.empty();
  if (first.kind == Operand::Kind::kFunction && !has_path) return CompileCall(command, piped);
  if (first.kind == Operand::Kind::kNil) return Fail("nil is not a command");
  if (!has_arguments) return CompileOperand(first, /*keep_last=*/false);
  if (!has_path) return Fail("arguments for something that is no function");
  // The last element of a path may be a method with arguments. The piped value moves behind them: it is kept below the
  // receiver, which `size` tells the instruction.
  CompileOperand(first, /*keep_last=*/true);
  const std::size_t skip = Emit(Op::kIfMissing);
  out_.code[skip].size = piped ? 1 : 0;
  for (std::size_t i = 1; i < command.operands.size(); ++i) CompileArgument(command.operands[i]);
  const std::size_t call =
      Emit(Op::kField, first.fields.back(), static_cast<std::uint32_t>(command.operands.size() - 1));
  out_.code[call].size = piped ? 1 : 0;
  Patch(skip);
}

void Compiler::CompileCall(const Command& command, bool piped) {
  const auto function = static_cast<Function>(command.operands.front().index);
  const std::size_t given = command.operands.size() - 1;
  const std::size_t count = given + (piped ? 1 : 0);
  if (!AcceptsArguments(function, count)) {
    return Fail("wrong number of arguments for " + std::string(FunctionName(function)) + ": " + std::to_string(count));
  }
  if (function == Function::kAnd || function == Function::kOr) {
    // Later arguments are evaluated only if needed. A piped value is the last one and already there, below; `size` says
    // so to the instruction that would drop it.
    const Op op = function == Function::kAnd ? Op::kAnd : Op::kOr;
    std::vector<std::size_t> to_end;
    for (std::size_t i = 1; i <= given; ++i) {
      CompileArgument(command.operands[i]);
      if (i == given && !piped) break;
      to_end.push_back(Emit(op));
      out_.code.back().size = piped ? 1 : 0;
    }
    for (const std::size_t jump : to_end) Patch(jump);
    return;
  }
  for (std::size_t i = 1; i <= given; ++i) CompileArgument(command.operands[i]);
  const std::size_t call = Emit(Op::kCall, static_cast<std::size_t>(function), static_cast<std::uint32_t>(given));
  out_.code[call].size = piped ? 1 : 0;
}

void Compiler::CompileArgument(const Operand& operand) {
  line_ = operand.line;
  if (operand.kind == Operand::Kind::kNil) {
    Emit(Op::kNil);
  } else {
    CompileOperand(operand, /*keep_last=*/false);
  }
}

void Compiler::CompileOperand(const Operand& operand, bool keep_last) {
  line_ = operand.line;
  switch (operand.kind) {
    case Operand::Kind::kDot:
    case Operand::Kind::kField:
      Emit(Op::kDot);
      break;
    case Operand::Kind::kNil:
      Emit(Op::kNil);
      break;
    case Operand::Kind::kConstant:
      return CompileConstant(operand.index);
    case Operand::Kind::kVariable:
      Emit(Op::kVariable, operand.index);
      break;
    case Operand::Kind::kPipeline:
      CompilePipeline(operand.index);
      break;
    case Operand::Kind::kFunction: {
      Command call;
      call.operands.push_back(operand);
      call.operands.front().fields.clear();
      CompileCall(call, /*piped=*/false);
      break;
    }
  }
  const std::size_t count = operand.fields.size() - (keep_last ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i) Emit(Op::kField, operand.fields[i]);
}

void Compiler::CompileConstant(Id constant) {
  const auto* number = std::get_if<Number>(&ast_.constants[constant]);
  if (number != nullptr && number->kind == Number::Kind::kTooLarge) return Fail("the number overflows int");
  Emit(Op::kConstant, constant);
}

}  // namespace

Program Compile(const Ast& ast) { return Compiler(ast).Run(); }

}  // namespace steelie::gotemplate
