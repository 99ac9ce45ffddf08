#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace steelie::gotemplate {

enum class Token : std::uint8_t {
  kError,  // `Lexeme::text` is unused, Lexer::error() says what is wrong
  kEnd,    // end of the text
  kText,
  kLeftDelimiter,
  kRightDelimiter,
  kSpace,
  kAssign,   // =
  kDeclare,  // :=
  kComma,
  kCharacter,  // another printable character
  kPipe,
  kLeftParen,
  kRightParen,
  kIdentifier,
  kField,     // .name
  kVariable,  // $name or $
  kDot,
  kBool,
  kNil,
  kNumber,
  kComplex,  // a sum such as 1+2i
  kCharConstant,
  kString,
  kRawString,
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kElse,
  kEndKeyword,
  kIf,
  kRange,
  kTemplate,
  kWith,
};

struct Lexeme {
  Token type = Token::kEnd;
  std::string_view text;
  std::uint32_t line = 1;
};

/// Cuts a template text (hostile bytes) into tokens, one per call. Comments and trimmed white space are never seen.
/// After an error or the end the same token is returned again. The text must outlive the tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Lexeme Next();
  const std::string& error() const { return error_; }

 private:
  Lexeme Text();
  Lexeme InsideAction();
  Lexeme LeftDelimiter();
  Lexeme RightDelimiter(bool trim);
  Lexeme Space();
  Lexeme Identifier();
  Lexeme FieldOrVariable(Token type);
  Lexeme Quoted(char quote, Token type);
  Lexeme RawString();
  Lexeme Number();

  bool SkipComment();
  bool ScanNumber();
  void SkipName();
  bool AtTerminator() const;
  /// 0: not there; 2: `}}`; 4: ` -}}`.
  std::size_t RightDelimiterSize() const;
  bool Accept(std::string_view set);
  void AcceptRun(std::string_view set);
  std::string_view Rest() const { return text_.substr(at_); }
  Lexeme Emit(Token type);
  Lexeme Fail(std::string message);
  Lexeme FailAtCharacter(std::string_view what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::uint32_t line_ = 1;        // of start_
  std::uint32_t error_line_ = 0;  // not 0: failed
  std::string error_;
  std::size_t parens_ = 0;
  bool inside_ = false;
};

}  // namespace steelie::gotemplate
