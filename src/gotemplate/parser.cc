#include "gotemplate/parser.h"

#include <utility>

#include "gotemplate/parser_internal.h"
#include "gotemplate/quote.h"
#include "gotemplate/unicode.h"

namespace steelie::gotemplate {
namespace {

constexpr std::size_t kMaxText = std::size_t{16} << 20U;
constexpr std::size_t kMaxNodes = 500'000;
// The parser, the compiler and the search for references recurse as deep as the text nests; 500 levels need less than
// a megabyte of stack.
constexpr std::size_t kMaxNesting = 500;
constexpr std::string_view kMainName = "data";

}  // namespace

std::string Describe(const Lexeme& token) {
  switch (token.type) {
    case Token::kEnd:
      return "end of the text";
    case Token::kLeftDelimiter:
      return "{{";
    case Token::kRightDelimiter:
      return "}}";
    case Token::kSpace:
      return "blank";
    default:
      break;
  }
  constexpr std::size_t kShown = 24;
  std::string out = "\"" + std::string(token.text.substr(0, kShown));
  return out + (token.text.size() > kShown ? "...\"" : "\"");
}

Error Parser::Fail(std::uint32_t line, const std::string& message) const {
  return Error(Code::kInvalidArgument, "template.parse", "line " + std::to_string(line) + ": " + message);
}

Error Parser::Unexpected(const Lexeme& token, std::string_view context) const {
  if (token.type == Token::kError) return Fail(token.line, lexer_.error());
  return Fail(token.line, "unexpected " + Describe(token) + " in " + std::string(context));
}

Id Parser::Intern(std::string_view name) {
  const auto at = interned_.find(name);
  if (at != interned_.end()) return at->second;
  const Id id = static_cast<Id>(ast_.names.size());
  ast_.names.emplace_back(name);
  interned_.emplace(name, id);
  return id;
}

Lexeme Parser::Next() {
  if (pending_.empty()) return lexer_.Next();
  const Lexeme out = pending_.back();
  pending_.pop_back();
  return out;
}

Lexeme Parser::NextNonSpace() {
  for (;;) {
    const Lexeme out = Next();
    if (out.type != Token::kSpace) return out;
  }
}

Lexeme Parser::Peek() {
  const Lexeme out = Next();
  Back(out);
  return out;
}

Lexeme Parser::PeekNonSpace() {
  const Lexeme out = NextNonSpace();
  Back(out);
  return out;
}

Status Parser::Count(std::uint32_t line) {
  if (++nodes_ > kMaxNodes) return Fail(line, "the template has too many parts");
  return Ok();
}

Status Parser::Deeper(std::uint32_t line) {
  if (++depth_ > kMaxNesting) return Fail(line, "nested too deeply");
  return Ok();
}

Status Parser::Expect(Token type, std::string_view context) {
  const Lexeme token = NextNonSpace();
  if (token.type != type) return Unexpected(token, context);
  return Ok();
}

Result<Ast> Parser::Run() {
  if (text_.size() > kMaxText) return Fail(1, "the template is larger than 16 MiB");
  ast_.lists.emplace_back();
  const Id root = 0;
  while (Peek().type != Token::kEnd) {
    if (Peek().type == Token::kLeftDelimiter) {
      const Lexeme delimiter = Next();
      const Lexeme keyword = NextNonSpace();
      if (keyword.type == Token::kDefine) {
        STEELIE_CHECK_OK(ParseDefinition());
        continue;
      }
      Back(keyword);
      Back(delimiter);
    }
    Ending ending = Ending::kEnd;
    const std::uint32_t line = Peek().line;
    STEELIE_TRY(auto statement, ParseStatement(&ending));
    if (!statement) {
      return Fail(line, ending == Ending::kEnd ? "unexpected {{end}}" : "unexpected {{else}}");
    }
    ast_.lists[root].push_back(std::move(*statement));
  }
  const Id name = Intern(kMainName);
  STEELIE_CHECK_OK(Define(name, root, 1));
  ast_.main = static_cast<Id>(defined_.at(name));
  return std::move(ast_);
}

bool Parser::IsEmpty(Id list) const {
  for (const Statement& statement : ast_.lists[list]) {
    if (statement.kind != Statement::Kind::kText) return false;
    std::string_view text = text_.substr(statement.offset, statement.size);
    while (!text.empty()) {
      const Rune rune = DecodeRune(text);
      if (!IsWhiteSpace(rune.value)) return false;
      text.remove_prefix(rune.size);
    }
  }
  return true;
}

Status Parser::Define(Id name, Id list, std::uint32_t line) {
  const auto [at, added] = defined_.emplace(name, ast_.definitions.size());
  if (added) {
    ast_.definitions.push_back({name, list});
  } else if (IsEmpty(ast_.definitions[at->second].list)) {
    ast_.definitions[at->second].list = list;
  } else if (!IsEmpty(list)) {
    return Fail(line, "multiple definition of template \"" + ast_.names[name].substr(0, 64) + "\"");
  }
  return Ok();
}

Result<Id> Parser::ParseName(const Lexeme& token, std::string_view context) {
  if (token.type != Token::kString && token.type != Token::kRawString) return Unexpected(token, context);
  const auto name = Unquote(token.text);
  if (!name) return Fail(token.line, "invalid string constant in " + std::string(context));
  return Intern(*name);
}

// The inside of a definition, up to its {{end}}: a template of its own, which sees none of the variables around it.
Result<Id> Parser::ParseBody(std::string_view context) {
  Scope outer = std::exchange(scope_, Scope{});
  scope_.Declare(kRootVariable);
  const std::uint32_t line = Peek().line;
  STEELIE_TRY(const ListAndEnding body, ParseList());
  if (body.ending != Ending::kEnd) return Fail(line, "unexpected {{else}} in " + std::string(context));
  scope_ = std::move(outer);
  return body.list;
}

Status Parser::ParseDefinition() {
  constexpr std::string_view kContext = "define clause";
  const Lexeme token = NextNonSpace();
  STEELIE_TRY(const Id name, ParseName(token, kContext));
  STEELIE_CHECK_OK(Expect(Token::kRightDelimiter, kContext));
  STEELIE_TRY(const Id list, ParseBody(kContext));
  return Define(name, list, token.line);
}

Result<Parser::ListAndEnding> Parser::ParseList() {
  const Id id = static_cast<Id>(ast_.lists.size());
  ast_.lists.emplace_back();
  STEELIE_CHECK_OK(Deeper(Peek().line));
  List list;
  for (;;) {
    const Lexeme token = PeekNonSpace();
    if (token.type == Token::kEnd) return Fail(token.line, "unexpected end of the text, {{end}} is missing");
    Ending ending = Ending::kEnd;
    STEELIE_TRY(auto statement, ParseStatement(&ending));
    if (!statement) {
      --depth_;
      ast_.lists[id] = std::move(list);
      return ListAndEnding{id, ending};
    }
    list.push_back(std::move(*statement));
  }
}

Result<std::optional<Statement>> Parser::ParseStatement(Ending* ending) {
  const Lexeme token = NextNonSpace();
  STEELIE_CHECK_OK(Count(token.line));
  if (token.type == Token::kLeftDelimiter) return ParseAction(token, ending);
  if (token.type != Token::kText) return Unexpected(token, "input");
  Statement out;
  out.line = token.line;
  out.offset = static_cast<std::size_t>(token.text.data() - text_.data());
  out.size = token.text.size();
  return std::optional(std::move(out));
}

Result<std::optional<Statement>> Parser::ParseAction(const Lexeme& delimiter, Ending* ending) {
  const auto wrap = [](Result<Statement> statement) -> Result<std::optional<Statement>> {
    if (!statement) return std::move(statement).error();
    return std::optional(std::move(*statement));
  };
  const Lexeme token = NextNonSpace();
  switch (token.type) {
    case Token::kBlock:
      return wrap(ParseBlock(token.line));
    case Token::kBreak:
    case Token::kContinue:
      return wrap(ParseLoopControl(token.type, token.line));
    case Token::kElse:
      STEELIE_CHECK_OK(ElseEnd());
      *ending = Ending::kElse;
      return std::optional<Statement>();
    case Token::kEndKeyword:
      STEELIE_CHECK_OK(Expect(Token::kRightDelimiter, "end"));
      *ending = Ending::kEnd;
      return std::optional<Statement>();
    case Token::kIf:
    case Token::kRange:
    case Token::kWith:
      return wrap(ParseControl(token.type, token.line));
    case Token::kTemplate:
      return wrap(ParseTemplateCall(token.line));
    default:
      break;
  }
  Back(token);
  Statement out;
  out.kind = Statement::Kind::kAction;
  out.line = delimiter.line;
  STEELIE_TRY(out.pipeline, ParsePipeline("command", Token::kRightDelimiter));
  return std::optional(std::move(out));
}

// Behind `else`: the delimiter, or an `if` or `with` that the control structure around it looks at.
Status Parser::ElseEnd() {
  const Token next = PeekNonSpace().type;
  if (next == Token::kIf || next == Token::kWith) return Ok();
  return Expect(Token::kRightDelimiter, "else");
}

Result<Statement> Parser::ParseLoopControl(Token keyword, std::uint32_t line) {
  const bool is_break = keyword == Token::kBreak;
  STEELIE_CHECK_OK(Expect(Token::kRightDelimiter, is_break ? "{{break}}" : "{{continue}}"));
  if (scope_.loops == 0) {
    return Fail(line, is_break ? "{{break}} outside {{range}}" : "{{continue}} outside {{range}}");
  }
  Statement out;
  out.kind = is_break ? Statement::Kind::kBreak : Statement::Kind::kContinue;
  out.line = line;
  return out;
}

Result<Statement> Parser::ParseControl(Token keyword, std::uint32_t line) {
  const std::size_t variables = scope_.variables.size();
  const bool loop = keyword == Token::kRange;
  const std::string_view context = loop ? "range" : keyword == Token::kIf ? "if" : "with";
  Statement out;
  out.line = line;
  out.kind = loop ? Statement::Kind::kRange : keyword == Token::kIf ? Statement::Kind::kIf : Statement::Kind::kWith;
  for (;;) {
    Branch branch;
    STEELIE_TRY(branch.pipeline, ParsePipeline(context, Token::kRightDelimiter));
    if (loop) ++scope_.loops;
    STEELIE_TRY(ListAndEnding body, ParseList());
    if (loop) --scope_.loops;
    branch.list = body.list;
    out.branches.push_back(branch);
    if (body.ending == Ending::kEnd) break;
    // `else if` and `else with` go on with the same structure.
    if (!loop && Peek().type == keyword) {
      STEELIE_CHECK_OK(Count(Next().line));
      continue;
    }
    STEELIE_TRY(body, ParseList());
    if (body.ending != Ending::kEnd) return Fail(line, "expected {{end}}, found a second {{else}}");
    out.otherwise = body.list;
    break;
  }
  scope_.Shrink(variables);
  return out;
}

Result<Statement> Parser::ParseTemplateCall(std::uint32_t line) {
  constexpr std::string_view kContext = "template clause";
  Statement out;
  out.kind = Statement::Kind::kTemplate;
  out.line = line;
  STEELIE_TRY(out.name, ParseName(NextNonSpace(), kContext));
  const Lexeme next = NextNonSpace();
  if (next.type == Token::kRightDelimiter) return out;
  Back(next);
  STEELIE_TRY(out.pipeline, ParsePipeline(kContext, Token::kRightDelimiter));
  return out;
}

Result<Statement> Parser::ParseBlock(std::uint32_t line) {
  constexpr std::string_view kContext = "block clause";
  Statement out;
  out.kind = Statement::Kind::kTemplate;
  out.line = line;
  STEELIE_TRY(out.name, ParseName(NextNonSpace(), kContext));
  STEELIE_TRY(out.pipeline, ParsePipeline(kContext, Token::kRightDelimiter));
  STEELIE_TRY(const Id body, ParseBody(kContext));
  STEELIE_CHECK_OK(Define(out.name, body, line));
  return out;
}

Result<Ast> ParseTemplate(std::string_view text, FunctionSet functions) { return Parser(text, functions).Run(); }

}  // namespace steelie::gotemplate
