#include <utility>

#include "gotemplate/parser_internal.h"
#include "gotemplate/quote.h"

namespace steelie::gotemplate {

Status Parser::ParseVariables(std::string_view context, Pipeline* pipeline) {
  for (;;) {
    const Lexeme variable = PeekNonSpace();
    if (variable.type != Token::kVariable) return Ok();
    NextNonSpace();
    const Lexeme behind = Peek();
    const Lexeme next = PeekNonSpace();
    if (next.type == Token::kAssign || next.type == Token::kDeclare || next.type == Token::kComma) {
      NextNonSpace();
      const Id name = Intern(variable.text);
      pipeline->variables.push_back(name);
      scope_.Declare(name);
      if (next.type != Token::kComma) {
        pipeline->assigns = next.type == Token::kAssign;
        return Ok();
      }
      if (context != "range" || pipeline->variables.size() >= 2) {
        return Fail(next.line, "too many declarations in " + std::string(context));
      }
      const Token third = PeekNonSpace().type;
      if (third == Token::kVariable || third == Token::kRightDelimiter || third == Token::kRightParen) continue;
      return Fail(next.line, "range can only initialize variables");
    }
    if (behind.type == Token::kSpace) Back(behind);
    Back(variable);
    return Ok();
  }
}

Result<Id> Parser::ParsePipeline(std::string_view context, Token end) {
  Pipeline out;
  out.line = PeekNonSpace().line;
  STEELIE_CHECK_OK(ParseVariables(context, &out));
  for (;;) {
    const Lexeme token = NextNonSpace();
    if (token.type == end) break;
    switch (token.type) {
      case Token::kBool:
      case Token::kCharConstant:
      case Token::kComplex:
      case Token::kDot:
      case Token::kField:
      case Token::kIdentifier:
      case Token::kNumber:
      case Token::kNil:
      case Token::kRawString:
      case Token::kString:
      case Token::kVariable:
      case Token::kLeftParen:
        break;
      default:
        return Unexpected(token, context);
    }
    Back(token);
    STEELIE_TRY(Command command, ParseCommand());
    const Operand& first = command.operands.front();
    const bool executable = first.kind != Operand::Kind::kConstant && first.kind != Operand::Kind::kDot &&
                            first.kind != Operand::Kind::kNil;
    if (!out.commands.empty() && !executable) {
      return Fail(token.line, "nothing that can be executed behind a |");
    }
    out.commands.push_back(std::move(command));
  }
  if (out.commands.empty()) return Fail(out.line, "missing value for " + std::string(context));
  const Id id = static_cast<Id>(ast_.pipelines.size());
  ast_.pipelines.push_back(std::move(out));
  return id;
}

Result<Command> Parser::ParseCommand() {
  Command out;
  for (;;) {
    const std::uint32_t line = PeekNonSpace().line;
    STEELIE_CHECK_OK(Count(line));
    STEELIE_TRY(auto operand, ParseOperand());
    if (operand) out.operands.push_back(std::move(*operand));
    const Lexeme token = Next();
    if (token.type == Token::kSpace) continue;
    if (token.type == Token::kRightDelimiter || token.type == Token::kRightParen) {
      Back(token);
    } else if (token.type != Token::kPipe) {
      return Unexpected(token, "operand");
    }
    if (out.operands.empty()) return Fail(line, "empty command");
    return out;
  }
}

Result<std::optional<Operand>> Parser::ParseOperand() {
  STEELIE_TRY(auto operand, ParseTerm());
  if (!operand || Peek().type != Token::kField) return operand;
  if (operand->kind == Operand::Kind::kConstant || operand->kind == Operand::Kind::kNil ||
      operand->kind == Operand::Kind::kDot) {
    return Fail(operand->line, "unexpected . after a term that has no fields");
  }
  while (Peek().type == Token::kField) {
    const Lexeme field = Next();
    STEELIE_CHECK_OK(Count(field.line));
    operand->fields.push_back(Intern(field.text.substr(1)));
  }
  return operand;
}

Result<std::optional<Operand>> Parser::ParseTerm() {
  const Lexeme token = NextNonSpace();
  Operand out;
  out.line = token.line;
  switch (token.type) {
    case Token::kIdentifier: {
      const auto function = FindFunction(token.text, functions_);
      if (!function) return Fail(token.line, "function " + Describe(token) + " not defined");
      out.kind = Operand::Kind::kFunction;
      out.index = static_cast<Id>(*function);
      return std::optional(std::move(out));
    }
    case Token::kDot:
      return std::optional(std::move(out));
    case Token::kNil:
      out.kind = Operand::Kind::kNil;
      return std::optional(std::move(out));
    case Token::kVariable:
      out.kind = Operand::Kind::kVariable;
      out.index = Intern(token.text);
      if (!scope_.Has(out.index)) return Fail(token.line, "undefined variable " + Describe(token));
      return std::optional(std::move(out));
    case Token::kField:
      out.kind = Operand::Kind::kField;
      out.fields.push_back(Intern(token.text.substr(1)));
      return std::optional(std::move(out));
    case Token::kLeftParen: {
      STEELIE_CHECK_OK(Deeper(token.line));
      out.kind = Operand::Kind::kPipeline;
      STEELIE_TRY(out.index, ParsePipeline("parenthesized pipeline", Token::kRightParen));
      --depth_;
      return std::optional(std::move(out));
    }
    case Token::kBool:
    case Token::kCharConstant:
    case Token::kComplex:
    case Token::kNumber:
    case Token::kString:
    case Token::kRawString: {
      STEELIE_TRY(out, ParseConstant(token));
      return std::optional(std::move(out));
    }
    default:
      Back(token);
      return std::optional<Operand>();
  }
}

Result<Operand> Parser::ParseConstant(const Lexeme& token) {
  Constant value;
  if (token.type == Token::kBool) {
    value = token.text == "true";
  } else if (token.type == Token::kString || token.type == Token::kRawString) {
    auto text = Unquote(token.text);
    if (!text) return Fail(token.line, "invalid string constant");
    value = std::move(*text);
  } else if (token.type == Token::kCharConstant) {
    const auto character = UnquoteCharacter(token.text);
    if (!character) return Fail(token.line, "malformed character constant");
    Number number;
    number.integer = static_cast<std::int64_t>(*character);
    value = number;
  } else {
    const auto number = ParseNumber(token.text, token.type == Token::kComplex);
    if (!number) return Fail(token.line, "illegal number syntax: " + Describe(token));
    value = *number;
  }
  Operand out;
  out.kind = Operand::Kind::kConstant;
  out.line = token.line;
  out.index = static_cast<Id>(ast_.constants.size());
  ast_.constants.push_back(std::move(value));
  return out;
}

}  // namespace steelie::gotemplate
