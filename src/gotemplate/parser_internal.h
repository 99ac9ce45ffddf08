#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gotemplate/ast.h"
#include "gotemplate/lexer.h"

// The parser's inside, shared by parser.cc (statements) and parser_pipeline.cc (what stands in an action).

namespace steelie::gotemplate {

enum class Ending : std::uint8_t { kEnd, kElse };

// The variables that a part of the text can see, and whether it is inside a loop. Each definition has its own.
struct Scope {
  std::vector<Id> variables;
  std::map<Id, std::size_t> counts;  // how often a name is among the variables
  std::size_t loops = 0;

  void Declare(Id name) {
    variables.push_back(name);
    ++counts[name];
  }
  void Shrink(std::size_t size) {
    for (; variables.size() > size; variables.pop_back()) --counts[variables.back()];
  }
  bool Has(Id name) const {
    const auto at = counts.find(name);
    return at != counts.end() && at->second > 0;
  }
};

class Parser {
 public:
  Parser(std::string_view text, FunctionSet functions) : text_(text), functions_(functions), lexer_(text) {
    scope_.Declare(Intern("$"));
  }

  Result<Ast> Run();

 private:
  struct ListAndEnding {
    Id list;
    Ending ending;
  };

  Lexeme Next();
  Lexeme NextNonSpace();
  Lexeme Peek();
  Lexeme PeekNonSpace();
  void Back(const Lexeme& token) { pending_.push_back(token); }

  Error Fail(std::uint32_t line, const std::string& message) const;
  Error Unexpected(const Lexeme& token, std::string_view context) const;
  Id Intern(std::string_view name);
  Status Count(std::uint32_t line);
  Status Deeper(std::uint32_t line);
  Status Expect(Token type, std::string_view context);

  Result<ListAndEnding> ParseList();
  /// Nothing at the end of a list; `ending` says which.
  Result<std::optional<Statement>> ParseStatement(Ending* ending);
  Result<std::optional<Statement>> ParseAction(const Lexeme& delimiter, Ending* ending);
  Result<Statement> ParseControl(Token keyword, std::uint32_t line);
  Result<Statement> ParseLoopControl(Token keyword, std::uint32_t line);
  Result<Statement> ParseTemplateCall(std::uint32_t line);
  Result<Statement> ParseBlock(std::uint32_t line);
  Result<Id> ParseBody(std::string_view context);
  Status ParseDefinition();
  Status ElseEnd();
  Result<Id> ParseName(const Lexeme& token, std::string_view context);
  Status Define(Id name, Id list, std::uint32_t line);
  bool IsEmpty(Id list) const;

  Result<Id> ParsePipeline(std::string_view context, Token end);
  Status ParseVariables(std::string_view context, Pipeline* pipeline);
  Result<Command> ParseCommand();
  Result<std::optional<Operand>> ParseOperand();
  Result<std::optional<Operand>> ParseTerm();
  Result<Operand> ParseConstant(const Lexeme& token);

  std::string_view text_;
  FunctionSet functions_;
  Lexer lexer_;
  std::vector<Lexeme> pending_;
  Scope scope_;
  Ast ast_;
  std::map<std::string, Id, std::less<>> interned_;
  std::map<Id, std::size_t> defined_;  // name to index of the definition
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
};

/// A token for a message: its text, shortened.
std::string Describe(const Lexeme& token);

}  // namespace steelie::gotemplate
