#include "gotemplate/lexer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "gotemplate/unicode.h"

namespace steelie::gotemplate {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::size_t kMarkerSize = 2;  // a trim marker with its blank

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }

bool IsNameCharacter(char32_t c) { return c == '_' || IsLetterOrDigit(c); }

bool HasLeftMarker(std::string_view rest) { return rest.size() >= 2 && rest[0] == '-' && IsSpace(rest[1]); }

Token Keyword(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Token>, 13> kKeywords = {{
      {"block", Token::kBlock},
      {"break", Token::kBreak},
      {"continue", Token::kContinue},
      {"define", Token::kDefine},
      {"else", Token::kElse},
      {"end", Token::kEndKeyword},
      {"false", Token::kBool},
      {"if", Token::kIf},
      {"nil", Token::kNil},
      {"range", Token::kRange},
      {"template", Token::kTemplate},
      {"true", Token::kBool},
      {"with", Token::kWith},
  }};
  for (const auto& [text, token] : kKeywords) {
    if (text == word) return token;
  }
  return Token::kIdentifier;
}

}  // namespace

Lexeme Lexer::Emit(Token type) {
  const Lexeme out{type, text_.substr(start_, at_ - start_), line_};
  line_ += static_cast<std::uint32_t>(std::count(out.text.begin(), out.text.end(), '\n'));
  start_ = at_;
  return out;
}

Lexeme Lexer::Fail(std::string message) {
  error_ = std::move(message);
  error_line_ = line_;
  return {Token::kError, {}, error_line_};
}

Lexeme Lexer::FailAtCharacter(std::string_view what) {
  std::array<char, 16> code{};
  std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(DecodeRune(Rest()).value));
  return Fail(std::string(what) + " " + code.data());
}

bool Lexer::Accept(std::string_view set) {
  if (at_ >= text_.size() || set.find(text_[at_]) == std::string_view::npos) return false;
  ++at_;
  return true;
}

void Lexer::AcceptRun(std::string_view set) {
  while (Accept(set)) {
  }
}

std::size_t Lexer::RightDelimiterSize() const {
  const std::string_view rest = Rest();
  if (rest.size() >= kMarkerSize && IsSpace(rest[0]) && rest[1] == '-' &&
      rest.substr(kMarkerSize).starts_with(kRight)) {
    return kMarkerSize + kRight.size();
  }
  return rest.starts_with(kRight) ? kRight.size() : 0;
}

bool Lexer::AtTerminator() const {
  const std::string_view rest = Rest();
  if (rest.empty()) return true;
  return IsSpace(rest[0]) || std::string_view(".,|:)(").find(rest[0]) != std::string_view::npos ||
         rest.starts_with(kRight);
}

Lexeme Lexer::Next() {
  if (error_line_ != 0) return {Token::kError, {}, error_line_};
  return inside_ ? InsideAction() : Text();
}

Lexeme Lexer::Text() {
  for (;;) {
    if (at_ >= text_.size()) return Emit(Token::kEnd);
    if (Rest().starts_with(kLeft)) {
      const std::string_view behind = Rest().substr(kLeft.size());
      const std::size_t marker = HasLeftMarker(behind) ? kMarkerSize : 0;
      if (!behind.substr(marker).starts_with("/*")) return LeftDelimiter();
      at_ += kLeft.size() + marker;
      if (!SkipComment()) return {Token::kError, {}, error_line_};
      continue;
    }
    const std::size_t found = text_.find(kLeft, at_);
    if (found == std::string_view::npos) {
      at_ = text_.size();
      return Emit(Token::kText);
    }
    at_ = found;
    if (HasLeftMarker(text_.substr(found + kLeft.size()))) {
      while (at_ > start_ && IsSpace(text_[at_ - 1])) --at_;
    }
    Lexeme out = Emit(Token::kText);
    at_ = found;
    (void)Emit(Token::kSpace);  // the white space trimmed away: counts lines
    if (!out.text.empty()) return out;
  }
}

bool Lexer::SkipComment() {
  const std::size_t found = text_.find("*/", at_ + 2);
  if (found == std::string_view::npos) {
    (void)Fail("unclosed comment");
    return false;
  }
  at_ = found + 2;
  const std::size_t size = RightDelimiterSize();
  if (size == 0) {
    (void)Fail("comment ends before closing delimiter");
    return false;
  }
  at_ += size;
  if (size > kRight.size()) AcceptRun(kSpaces);
  (void)Emit(Token::kSpace);
  return true;
}

Lexeme Lexer::LeftDelimiter() {
  at_ += kLeft.size();
  const Lexeme out = Emit(Token::kLeftDelimiter);
  if (HasLeftMarker(Rest())) {
    at_ += kMarkerSize;
    (void)Emit(Token::kSpace);
  }
  inside_ = true;
  parens_ = 0;
  return out;
}

Lexeme Lexer::RightDelimiter(bool trim) {
  if (trim) {
    at_ += kMarkerSize;
    (void)Emit(Token::kSpace);
  }
  at_ += kRight.size();
  const Lexeme out = Emit(Token::kRightDelimiter);
  if (trim) {
    AcceptRun(kSpaces);
    (void)Emit(Token::kSpace);
  }
  inside_ = false;
  return out;
}

Lexeme Lexer::InsideAction() {
  if (const std::size_t size = RightDelimiterSize(); size != 0) {
    if (parens_ > 0) return Fail("unclosed left paren");
    return RightDelimiter(size > kRight.size());
  }
  if (at_ >= text_.size()) return Fail("unclosed action");
  const char c = text_[at_];
  if (IsSpace(c)) return Space();
  switch (c) {
    case '"':
      return Quoted('"', Token::kString);
    case '\'':
      return Quoted('\'', Token::kCharConstant);
    case '`':
      return RawString();
    case '$':
      ++at_;
      return FieldOrVariable(Token::kVariable);
    case '.':
      if (const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '0';
          at_ + 1 >= text_.size() || next < '0' || next > '9') {
        ++at_;
        return FieldOrVariable(Token::kField);
      }
      return Number();
    case '+':
    case '-':
      return Number();
    case '=':
      ++at_;
      return Emit(Token::kAssign);
    case ':':
      ++at_;
      if (!Accept("=")) return Fail("expected :=");
      return Emit(Token::kDeclare);
    case '|':
      ++at_;
      return Emit(Token::kPipe);
    case '(':
      ++at_;
      ++parens_;
      return Emit(Token::kLeftParen);
    case ')':
      if (parens_ == 0) return Fail("unexpected right paren");
      ++at_;
      --parens_;
      return Emit(Token::kRightParen);
    default:
      break;
  }
  if (c >= '0' && c <= '9') return Number();
  const Rune rune = DecodeRune(Rest());
  if (IsNameCharacter(rune.value)) return Identifier();
  if (rune.value >= 0x80 || !IsPrint(rune.value)) return FailAtCharacter("unrecognized character in action:");
  ++at_;
  return Emit(c == ',' ? Token::kComma : Token::kCharacter);
}

Lexeme Lexer::Space() {
  // The last blank belongs to the delimiter if that begins with a trim marker.
  while (at_ < text_.size() && IsSpace(text_[at_]) && RightDelimiterSize() == 0) ++at_;
  return Emit(Token::kSpace);
}

void Lexer::SkipName() {
  while (at_ < text_.size()) {
    const Rune rune = DecodeRune(Rest());
    if (!IsNameCharacter(rune.value)) return;
    at_ += rune.size;
  }
}

Lexeme Lexer::Identifier() {
  SkipName();
  if (!AtTerminator()) return FailAtCharacter("bad character");
  return Emit(Keyword(text_.substr(start_, at_ - start_)));
}

Lexeme Lexer::FieldOrVariable(Token type) {
  if (AtTerminator()) return Emit(type == Token::kField ? Token::kDot : type);
  SkipName();
  if (!AtTerminator()) return FailAtCharacter("bad character");
  return Emit(type);
}

Lexeme Lexer::Quoted(char quote, Token type) {
  for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
      if (at_ >= text_.size() || text_[at_] == '\n') break;
    } else if (text_[at_] == quote) {
      ++at_;
      return Emit(type);
    }
  }
  return Fail(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
}

Lexeme Lexer::RawString() {
  const std::size_t found = text_.find('`', at_ + 1);
  if (found == std::string_view::npos) return Fail("unterminated raw quoted string");
  at_ = found + 1;
  return Emit(Token::kRawString);
}

bool Lexer::ScanNumber() {
  Accept("+-");
  std::string_view digits = "0123456789_";
  const bool zero = Accept("0");
  const bool hex = zero && Accept("xX");
  if (hex) {
    digits = "0123456789abcdefABCDEF_";
  } else if (zero && Accept("oO")) {
    digits = "01234567_";
  } else if (zero && Accept("bB")) {
    digits = "01_";
  }
  const bool decimal = digits.size() == 11;
  AcceptRun(digits);
  if (Accept(".")) AcceptRun(digits);
  if ((decimal && Accept("eE")) || (hex && Accept("pP"))) {
    Accept("+-");
    AcceptRun("0123456789_");
  }
  Accept("i");
  return !IsNameCharacter(DecodeRune(Rest()).value);
}

Lexeme Lexer::Number() {
  const auto bad = [this] { return Fail("bad number syntax"); };
  if (!ScanNumber()) return bad();
  if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) {
    if (!ScanNumber() || text_[at_ - 1] != 'i') return bad();
    return Emit(Token::kComplex);
  }
  return Emit(Token::kNumber);
}

}  // namespace steelie::gotemplate
