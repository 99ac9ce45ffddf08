#include "marble/ttls_policy.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace steelie::marble {
namespace {

// Reads JSON (RFC 8259) front to back without copying values. Numbers and literals are only told apart from structure.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }

  /// Calls `member` with each name (as written, escapes kept); it must read the value.
  void Object(const std::function<void(std::string_view name)>& member) {
    if (!Expect('{')) return;
    if (Accept('}')) return;
    do {
      const std::string_view name = String();
      if (!Expect(':')) return;
      member(name);
      if (!ok_) return;
    } while (Accept(','));
    Expect('}');
  }

  void Skip(int depth = 0) {
    constexpr int kMaxDepth = 32;
    if (depth > kMaxDepth) return Fail();
    switch (Peek()) {
      case '{':
        return Object([&](std::string_view) { Skip(depth + 1); });
      case '[':
        Expect('[');
        if (Accept(']')) return;
        do {
          Skip(depth + 1);
        } while (ok_ && Accept(','));
        Expect(']');
        return;
      case '"':
        String();
        return;
      default:
        Scalar();
        return;
    }
  }

  bool AtEnd() { return Peek() == '\0' && at_ == text_.size(); }

 private:
  void Fail() { ok_ = false; }

  char Peek() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    return ok_ && at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Accept(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool Expect(char c) {
    if (!Accept(c)) Fail();
    return ok_;
  }
  std::string_view String() {
    if (!Expect('"')) return {};
    const std::size_t start = at_;
    for (; at_ < text_.size(); ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < ' ') break;
      if (text_[at_] == '"') return text_.substr(start, at_++ - start);
      if (text_[at_] == '\\') ++at_;
    }
    Fail();
    return {};
  }
  void Scalar() {
    const std::size_t start = at_;
    const auto in_scalar = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '.' || c == '+' || c == '-';
    };
    while (at_ < text_.size() && in_scalar(text_[at_])) ++at_;
    const std::string_view scalar = text_.substr(start, at_ - start);
    const bool number = !scalar.empty() && (scalar[0] == '-' || (scalar[0] >= '0' && scalar[0] <= '9'));
    if (!number && scalar != "true" && scalar != "false" && scalar != "null") Fail();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace

Result<std::vector<std::string>> DescribeTtls(ByteView json) {
  Scanner scanner(AsText(json));
  bool found = false;
  std::vector<std::string> lines = {"TTLS config"};
  scanner.Object([&](std::string_view section) {
    if (section != "tls") return scanner.Skip();
    found = true;
    scanner.Object([&](std::string_view direction) {
      const std::size_t heading = lines.size();
      scanner.Object([&](std::string_view connection) {
        lines.push_back("    " + std::string(connection.substr(0, 300)));
        scanner.Skip();
      });
      if (lines.size() > heading) {
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(heading),
                     "  " + std::string(direction.substr(0, 100)));
      }
    });
  });
  if (!scanner.ok() || !scanner.AtEnd()) {
    return Error(Code::kInvalidArgument, "marble.ttls", "MARBLE_TTLS_CONFIG is not the JSON of a TTLS policy");
  }
  if (!found) return Error(Code::kInvalidArgument, "marble.ttls", "MARBLE_TTLS_CONFIG holds no policy");
  return lines;
}

}  // namespace steelie::marble
