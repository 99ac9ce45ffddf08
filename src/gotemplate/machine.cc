#include "gotemplate/machine.h"

#include "gotemplate/builtins.h"
#include "gotemplate/fields.h"
#include "gotemplate/format.h"

namespace steelie::gotemplate {
namespace {

constexpr std::size_t kMaxStack = 100'000;  // variables and open structures, each

struct Variable {
  Id name;
  Value value;
};

// An open control structure, and the loop it may be.
struct Frame {
  std::size_t variables;  // how many there were before it
  std::size_t body = 0;   // how many a pass of the loop begins with
  Value dot;
  Value range;
  std::uint64_t position = 0;
  std::uint64_t count = 0;
};

// A template call.
struct Activation {
  std::size_t return_to;
  std::size_t first_variable;
  std::size_t frames;
  Value dot;
};

class Machine {
 public:
  Machine(const Program& program, const Ast& ast, std::string_view source, const Data& data, const Limits& limits)
      : program_(program), ast_(ast), source_(source), store_(data, limits) {}

  Result<SecretBuffer> Run();

 private:
  Status Step(const Instruction& instruction);
  Status Put(std::string_view text);
  Status Print(const Value& value);
  Status Field(const Instruction& instruction);
  Status Call(const Instruction& instruction);
  Status Declare(Id name, const Value& value);
  Result<Variable*> Lookup(Id name);
  Status Enter();
  Status BeginLoop(const Instruction& instruction);
  Status NextElement(const Instruction& instruction);
  Status SetLoopVariables(const Loop& loop, const Value& index, const Value& element);
  Status CallTemplate(const Instruction& instruction);
  void Return();
  /// Moves a piped value, which lies `depth` values below the top, to the top.
  void RaisePiped(std::size_t depth);

  /// Goes to the instruction's target with the top as the result; a piped value below is dropped.
  void GoWithTop(const Instruction& instruction) {
    at_ = instruction.a;
    if (instruction.size != 0) stack_.erase(stack_.end() - 2);
  }
  void Push(const Value& value) { stack_.push_back(value); }
  Value Pop() {
    const Value out = stack_.back();
    stack_.pop_back();
    return out;
  }

  const Program& program_;
  const Ast& ast_;
  const std::string_view source_;
  Store store_;
  SecretBuffer out_;
  std::vector<Value> stack_;
  std::vector<Variable> variables_;
  std::vector<Frame> frames_;
  std::vector<Activation> calls_;
  std::size_t first_variable_ = 0;
  std::size_t at_ = 0;
  Value dot_;
  bool done_ = false;
};

Result<SecretBuffer> Machine::Run() {
  dot_ = Value::OfType(Type::kRoot);
  at_ = program_.entries[program_.main];
  STEELIE_CHECK_OK(Declare(kRootVariable, dot_));
  while (!done_) {
    const Instruction& instruction = program_.code[at_++];
    Status status = store_.SpendOne() ? Step(instruction) : LimitError("the template takes too many steps");
    if (!status) return std::move(status).error().WithContext("line " + std::to_string(instruction.line));
  }
  return std::move(out_);
}

Status Machine::Step(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::kText:
      return Put(source_.substr(instruction.a, instruction.size));
    case Op::kPrint:
      return Print(Pop());
    case Op::kPop:
      stack_.pop_back();
      return Ok();
    case Op::kConstant:
      Push(program_.constants[instruction.a]);
      return Ok();
    case Op::kNil:
      Push(Value());
      return Ok();
    case Op::kDot:
      Push(dot_);
      return Ok();
    case Op::kVariable: {
      STEELIE_TRY(const Variable* variable, Lookup(static_cast<Id>(instruction.a)));
      Push(variable->value);
      return Ok();
    }
    case Op::kField:
      return Field(instruction);
    case Op::kIfMissing:
      if (!stack_.back().valid()) GoWithTop(instruction);
      return Ok();
    case Op::kCall:
      return Call(instruction);
    case Op::kAnd:
    case Op::kOr:
      if (IsTrue(store_, stack_.back()) == (instruction.op == Op::kOr)) {
        GoWithTop(instruction);
      } else {
        stack_.pop_back();
      }
      return Ok();
    case Op::kDeclare:
      return Declare(static_cast<Id>(instruction.a), stack_.back());
    case Op::kAssign: {
      STEELIE_TRY(Variable * variable, Lookup(static_cast<Id>(instruction.a)));
      variable->value = stack_.back();
      return Ok();
    }
    case Op::kEnter:
      return Enter();
    case Op::kLeave:
      variables_.resize(frames_.back().variables);
      dot_ = frames_.back().dot;
      frames_.pop_back();
      return Ok();
    case Op::kJump:
      at_ = instruction.a;
      return Ok();
    case Op::kIfNot:
      if (!IsTrue(store_, Pop())) at_ = instruction.a;
      return Ok();
    case Op::kWith: {
      const Value value = Pop();
      if (IsTrue(store_, value)) {
        dot_ = value;
      } else {
        at_ = instruction.a;
      }
      return Ok();
    }
    case Op::kRange:
      return BeginLoop(instruction);
    case Op::kNext:
      return NextElement(instruction);
    case Op::kUnwind:
      frames_.resize(frames_.size() - instruction.count);
      at_ = instruction.a;
      return Ok();
    case Op::kTemplate:
      return CallTemplate(instruction);
    case Op::kReturn:
      Return();
      return Ok();
    case Op::kFail:
      return ExecutionError(program_.failures[instruction.a]);
  }
  return Ok();
}

Status Machine::Put(std::string_view text) {
  STEELIE_CHECK_OK(store_.Charge(text.size()));
  out_.insert(out_.end(), text.begin(), text.end());
  return Ok();
}

Status Machine::Print(const Value& value) {
  if (value.type == Type::kString) return Put(value.text());
  Printer printer(store_, &out_);
  printer.PrintResult(value);
  return printer.Finish();
}

void Machine::RaisePiped(std::size_t depth) {
  const auto at = stack_.end() - static_cast<std::ptrdiff_t>(depth) - 1;
  const Value piped = *at;
  stack_.erase(at);
  stack_.push_back(piped);
}

Status Machine::Field(const Instruction& instruction) {
  std::size_t count = instruction.count;
  if (instruction.size != 0) {
    RaisePiped(count + 1);
    ++count;
  }
  const std::size_t receiver = stack_.size() - count - 1;
  STEELIE_TRY(const Value value, EvaluateField(store_, stack_[receiver], ast_.names[instruction.a],
                                               std::span(stack_).subspan(receiver + 1)));
  stack_.resize(receiver);
  Push(value);
  return Ok();
}

Status Machine::Call(const Instruction& instruction) {
  std::size_t count = instruction.count;
  if (instruction.size != 0) {
    if (count > 0) RaisePiped(count);
    ++count;
  }
  STEELIE_CHECK_OK(store_.Spend(count / 4));
  const std::size_t first = stack_.size() - count;
  STEELIE_TRY(const Value value, CallFunction(store_, static_cast<Function>(instruction.a),
                                              std::span<const Value>(stack_).subspan(first)));
  stack_.resize(first);
  Push(value);
  return Ok();
}

Status Machine::Declare(Id name, const Value& value) {
  if (variables_.size() >= kMaxStack) return LimitError("the template has too many variables");
  variables_.push_back({name, value});
  return Ok();
}

Result<Variable*> Machine::Lookup(Id name) {
  for (std::size_t i = variables_.size(); i > first_variable_; --i) {
    if (variables_[i - 1].name != name) continue;
    // Looking far back is work, too.
    STEELIE_CHECK_OK(store_.Spend((variables_.size() - i) / 32));
    return &variables_[i - 1];
  }
  return ExecutionError("undefined variable \"" + ast_.names[name].substr(0, 64) + "\"");
}

Status Machine::Enter() {
  if (frames_.size() >= kMaxStack) return LimitError("the template is nested too deeply");
  frames_.push_back({variables_.size(), 0, dot_, {}, 0, 0});
  return Ok();
}

Status Machine::BeginLoop(const Instruction& instruction) {
  const Loop& loop = program_.loops[instruction.size];
  Frame& frame = frames_.back();
  frame.range = Pop();
  frame.body = variables_.size();
  switch (frame.range.kind()) {
    case Kind::kInvalid:
      break;
    case Kind::kInt:
    case Kind::kUint:
      if (loop.variables.size() > 1) return ExecutionError("a number cannot be iterated with two variables");
      frame.count = frame.range.kind() == Kind::kInt && frame.range.integer < 0
                        ? 0
                        : static_cast<std::uint64_t>(frame.range.integer);
      break;
    case Kind::kList:
      frame.count = frame.range.size;
      break;
    case Kind::kMap:
      frame.count = store_.Names(frame.range.generation).size();
      break;
    default:
      return ExecutionError(std::string(DescribeType(frame.range.type)) + " cannot be iterated");
  }
  if (frame.count == 0) at_ = instruction.a;
  return Ok();
}

Status Machine::NextElement(const Instruction& instruction) {
  Frame& frame = frames_.back();
  variables_.resize(frame.body);
  if (frame.position == frame.count) {
    at_ = instruction.a;
    return Ok();
  }
  const std::uint64_t position = frame.position++;
  Value index = Value::Int(static_cast<std::int64_t>(position));
  Value element;
  if (frame.range.kind() == Kind::kMap) {
    const std::string& name = store_.Names(frame.range.generation)[position];
    index = Value::String(name);
    element = FindSecret(store_, frame.range.generation, name);
  } else if (frame.range.kind() == Kind::kList) {
    element = ElementAt(frame.range, position);
  } else {
    element = frame.range;
    element.integer = static_cast<std::int64_t>(position);
  }
  dot_ = element;
  return SetLoopVariables(program_.loops[instruction.size], index, element);
}

Status Machine::SetLoopVariables(const Loop& loop, const Value& index, const Value& element) {
  const std::size_t count = loop.variables.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Value& value = i + 1 == count ? element : index;
    if (loop.assigns) {
      STEELIE_TRY(Variable * variable, Lookup(loop.variables[i]));
      variable->value = value;
    } else {
      variables_[variables_.size() - count + i].value = value;
    }
  }
  return Ok();
}

Status Machine::CallTemplate(const Instruction& instruction) {
  if (calls_.size() >= store_.limits().max_depth) return LimitError("too many nested template calls");
  const Value argument = Pop();
  calls_.push_back({at_, first_variable_, frames_.size(), dot_});
  first_variable_ = variables_.size();
  dot_ = argument;
  at_ = program_.entries[instruction.a];
  return Declare(kRootVariable, argument);
}

void Machine::Return() {
  if (calls_.empty()) {
    done_ = true;
    return;
  }
  const Activation& call = calls_.back();
  variables_.resize(first_variable_);
  first_variable_ = call.first_variable;
  frames_.resize(call.frames);
  dot_ = call.dot;
  at_ = call.return_to;
  calls_.pop_back();
}

}  // namespace

Result<SecretBuffer> RunProgram(const Program& program, const Ast& ast, std::string_view source, const Data& data,
                                const Limits& limits) {
  return Machine(program, ast, source, data, limits).Run();
}

}  // namespace steelie::gotemplate
