#include "gotemplate/references.h"

#include <map>
#include <span>

namespace steelie::gotemplate {
namespace {

// What a value may be, as a set. Everything that is not a way towards secrets is a leaf, secrets themselves included.
using Mask = unsigned;
constexpr Mask kRoot = 1;
constexpr Mask kWrapper = 2;
constexpr Mask kPrevious = 4;
constexpr Mask kCurrentMap = 8;
constexpr Mask kPreviousMap = 16;
constexpr Mask kReserved = 32;
constexpr Mask kLeaf = 64;
constexpr Mask kMaps = kCurrentMap | kPreviousMap;

// Assignments are followed until nothing changes; a text that needs more rounds than any sensible one gets no precise
// answer.
constexpr int kMaxRounds = 24;

struct Abstract {
  Mask mask = kLeaf;
  const std::string* literal = nullptr;  // the value, if it is a string constant
};

// Variables are told apart by name only, and the order of statements is ignored: both only add to what is found.
class Analysis {
 public:
  explicit Analysis(const Ast& ast) : ast_(ast), dots_(ast.definitions.size(), 0) {
    for (std::size_t i = 0; i < ast.definitions.size(); ++i) by_name_[ast.definitions[i].name] = i;
  }

  References Run();

 private:
  void WalkList(Id list, Mask dot);
  void WalkStatement(const Statement& statement, Mask dot);
  void WalkRange(const Statement& statement, Mask dot);
  Abstract Evaluate(Id pipeline, Mask dot);
  Abstract EvaluateCommand(const Command& command, const Abstract* piped, Mask dot);
  Abstract EvaluateOperand(const Operand& operand, Mask dot);
  Abstract EvaluateCall(Function function, std::span<const Abstract> arguments);
  Abstract EvaluateIndex(std::span<const Abstract> arguments);
  Mask Field(Mask receiver, const std::string& name);
  /// The value goes where its parts can no longer be followed.
  void Escape(Mask mask);
  void Raise(Mask* where, Mask mask) {
    changed_ = changed_ || (*where | mask) != *where;
    *where |= mask;
  }

  const Ast& ast_;
  std::map<Id, std::size_t> by_name_;
  std::vector<Mask> dots_;  // what each definition is called with
  std::map<Id, Mask> variables_;
  Mask root_ = 0;  // `$` of the definition being walked
  bool changed_ = false;
  References out_;
};

References Analysis::Run() {
  dots_[ast_.main] = kRoot;
  int rounds = 0;
  do {
    changed_ = false;
    for (std::size_t i = 0; i < dots_.size(); ++i) {
      if (dots_[i] == 0) continue;  // never called
      root_ = dots_[i];
      WalkList(ast_.definitions[i].list, dots_[i]);
    }
  } while (changed_ && ++rounds < kMaxRounds);
  if (changed_) Escape(kRoot);
  return std::move(out_);
}

void Analysis::Escape(Mask mask) {
  if ((mask & (kRoot | kWrapper | kCurrentMap)) != 0) out_.all_current = true;
  if ((mask & (kRoot | kPrevious | kPreviousMap)) != 0) out_.all_previous = true;
  if ((mask & (kRoot | kWrapper | kReserved)) != 0) {
    out_.marble_cert = true;
    out_.seal_key = true;
  }
}

Mask Analysis::Field(Mask receiver, const std::string& name) {
  Mask out = 0;
  if ((receiver & (kRoot | kWrapper)) != 0) {
    if (name == "Secrets") out |= kCurrentMap;
    if (name == "MarbleRun") out |= kReserved;
  }
  if ((receiver & kRoot) != 0) {
    if (name == "Marblerun") out |= kReserved;
    if (name == "Previous") out |= kPrevious;
    if (name == "SecretsWrapper") out |= kWrapper;
  }
  if ((receiver & kPrevious) != 0 && name == "Secrets") out |= kPreviousMap;
  if ((receiver & kCurrentMap) != 0) out_.current.insert(name);
  if ((receiver & kPreviousMap) != 0) out_.previous.insert(name);
  if ((receiver & kReserved) != 0) {
    if (name == "MarbleCert") out_.marble_cert = true;
    if (name == "SealKey") out_.seal_key = true;
  }
  return out == 0 ? kLeaf : out;
}

void Analysis::WalkList(Id list, Mask dot) {
  for (const Statement& statement : ast_.lists[list]) WalkStatement(statement, dot);
}

void Analysis::WalkStatement(const Statement& statement, Mask dot) {
  switch (statement.kind) {
    case Statement::Kind::kText:
    case Statement::Kind::kBreak:
    case Statement::Kind::kContinue:
      return;
    case Statement::Kind::kAction: {
      const Mask value = Evaluate(statement.pipeline, dot).mask;
      if (ast_.pipelines[statement.pipeline].variables.empty()) Escape(value);
      return;
    }
    case Statement::Kind::kIf:
    case Statement::Kind::kWith:
      for (const Branch& branch : statement.branches) {
        const Mask value = Evaluate(branch.pipeline, dot).mask;
        Escape(value & kMaps);  // whether a map is empty depends on all of it
        WalkList(branch.list, statement.kind == Statement::Kind::kWith ? value : dot);
      }
      if (statement.otherwise != kNone) WalkList(statement.otherwise, dot);
      return;
    case Statement::Kind::kRange:
      return WalkRange(statement, dot);
    case Statement::Kind::kTemplate: {
      const Mask value = statement.pipeline == kNone ? kLeaf : Evaluate(statement.pipeline, dot).mask;
      const auto at = by_name_.find(statement.name);
      if (at != by_name_.end()) Raise(&dots_[at->second], value);
      return;
    }
  }
}

void Analysis::WalkRange(const Statement& statement, Mask dot) {
  const Branch& branch = statement.branches.front();
  Escape(Evaluate(branch.pipeline, dot).mask & kMaps);
  for (const Id variable : ast_.pipelines[branch.pipeline].variables) Raise(&variables_[variable], kLeaf);
  WalkList(branch.list, kLeaf);
  if (statement.otherwise != kNone) WalkList(statement.otherwise, dot);
}

Abstract Analysis::Evaluate(Id id, Mask dot) {
  const Pipeline& pipeline = ast_.pipelines[id];
  Abstract value;
  const Abstract* piped = nullptr;
  for (const Command& command : pipeline.commands) {
    value = EvaluateCommand(command, piped, dot);
    piped = &value;
  }
  for (const Id variable : pipeline.variables) Raise(&variables_[variable], value.mask);
  return value;
}

Abstract Analysis::EvaluateCommand(const Command& command, const Abstract* piped, Mask dot) {
  const Operand& first = command.operands.front();
  std::vector<Abstract> arguments;
  for (std::size_t i = 1; i < command.operands.size(); ++i) {
    arguments.push_back(EvaluateOperand(command.operands[i], dot));
  }
  if (piped != nullptr) arguments.push_back(*piped);
  if (first.kind == Operand::Kind::kFunction && first.fields.empty()) {
    return EvaluateCall(static_cast<Function>(first.index), arguments);
  }
  for (const Abstract& argument : arguments) Escape(argument.mask);
  return EvaluateOperand(first, dot);
}

Abstract Analysis::EvaluateOperand(const Operand& operand, Mask dot) {
  Abstract out;
  switch (operand.kind) {
    case Operand::Kind::kDot:
    case Operand::Kind::kField:
      out.mask = dot;
      break;
    case Operand::Kind::kNil:
      break;
    case Operand::Kind::kConstant:
      out.literal = std::get_if<std::string>(&ast_.constants[operand.index]);
      break;
    case Operand::Kind::kVariable:
      out.mask = variables_[operand.index] | (operand.index == kRootVariable ? root_ : 0);
      break;
    case Operand::Kind::kFunction:
      out = EvaluateCall(static_cast<Function>(operand.index), {});
      break;
    case Operand::Kind::kPipeline:
      out = Evaluate(operand.index, dot);
      break;
  }
  for (const Id field : operand.fields) out = {Field(out.mask, ast_.names[field]), nullptr};
  return out;
}

Abstract Analysis::EvaluateIndex(std::span<const Abstract> arguments) {
  if (arguments.empty()) return {};
  const Mask item = arguments[0].mask;
  if (arguments.size() == 1) return arguments[0];
  for (const Abstract& key : arguments.subspan(1)) Escape(key.mask);
  if (arguments[1].literal == nullptr) {
    Escape(item & kMaps);
    return {};
  }
  if ((item & kCurrentMap) != 0) out_.current.insert(*arguments[1].literal);
  if ((item & kPreviousMap) != 0) out_.previous.insert(*arguments[1].literal);
  return {};
}

Abstract Analysis::EvaluateCall(Function function, std::span<const Abstract> arguments) {
  if (function == Function::kIndex) return EvaluateIndex(arguments);
  const bool selects = function == Function::kAnd || function == Function::kOr;
  Abstract out;
  if (selects) out.mask = 0;
  for (const Abstract& argument : arguments) {
    if (selects) {
      Escape(argument.mask & kMaps);
      out.mask |= argument.mask;
    } else {
      Escape(argument.mask);
    }
  }
  return out;
}

}  // namespace

References FindReferences(const Ast& ast) { return Analysis(ast).Run(); }

}  // namespace steelie::gotemplate
