#include <algorithm>

#include "manifest/json.h"
#include "manifest/json_string.h"

namespace steelie::manifest {

/// Reads one document front to back with a stack of its own; see JsonDocument::Parse.
class JsonReader {
 public:
  explicit JsonReader(ByteView bytes) : text_(AsText(bytes)) { document_.text_ = bytes; }

  JsonDocument::Outcome Run() && {
    if (Start() && ReadTree() && AtEnd()) {
      return {.document = std::move(document_), .faults = std::move(faults_)};
    }
    return {.document = std::nullopt, .faults = std::move(faults_)};
  }

 private:
  using Node = JsonDocument::Node;

  // An array or object that is not closed yet.
  struct Frame {
    std::uint32_t node;
    std::uint32_t last = JsonDocument::kNone;  // its last child so far
    bool expects_value = false;                // object: a key and its colon were read
  };

  bool Start() {
    if (text_.size() > JsonDocument::kMaxSize) {
      return Fail("manifest.json.size", 0,
                  "the document has " + std::to_string(text_.size()) + " bytes, at most " +
                      std::to_string(JsonDocument::kMaxSize) + " are accepted");
    }
    if (text_.starts_with("\xef\xbb\xbf")) {
      return Fail("manifest.json.bom", 0,
                  "the document begins with a UTF-8 byte order mark; save it as UTF-8 without one");
    }
    return true;
  }

  bool AtEnd() {
    SkipSpace();
    if (at_ == text_.size()) return true;
    return Fail("manifest.json.trailing", at_, "the document goes on after its value with " + Here());
  }

  // One step per token: either a value is due, or a container goes on or ends.
  bool ReadTree() {
    SkipSpace();
    if (!ReadValue()) return false;
    while (!frames_.empty()) {
      SkipSpace();
      if (!Step()) return false;
    }
    return true;
  }

  bool Step() {
    Frame& frame = frames_.back();
    const bool object = document_.nodes_[frame.node].kind == JsonKind::kObject;
    if (frame.expects_value) return ReadValue();
    if (Peek() == (object ? '}' : ']')) return Close();
    if (frame.last != JsonDocument::kNone) {
      if (Peek() != ',') {
        return Syntax(object ? "expected `,` or `}` after a member, found "
                             : "expected `,` or `]` after an element, found ");
      }
      ++at_;
      SkipSpace();
      if (Peek() == (object ? '}' : ']')) return Syntax("a comma must be followed by another entry, found ");
    }
    return object ? ReadKey() : ReadValue();
  }

  bool ReadKey() {
    if (Peek() != '"') return Syntax("expected a member name in double quotes, found ");
    if (!ReadString()) return false;
    SkipSpace();
    if (Peek() != ':') return Syntax("expected `:` after a member name, found ");
    ++at_;
    frames_.back().expects_value = true;
    return true;
  }

  bool ReadValue() {
    switch (Peek()) {
      case '{':
        return Open(JsonKind::kObject);
      case '[':
        return Open(JsonKind::kArray);
      case '"':
        return ReadString();
      case 't':
        return ReadWord("true", JsonKind::kBool, true);
      case 'f':
        return ReadWord("false", JsonKind::kBool, false);
      case 'n':
        return ReadWord("null", JsonKind::kNull, false);
      default:
        return ReadNumber();
    }
  }

  bool Open(JsonKind kind) {
    if (frames_.size() >= JsonDocument::kMaxDepth) {
      return Fail("manifest.json.depth", at_,
                  "the document is nested deeper than " + std::to_string(JsonDocument::kMaxDepth) + " levels");
    }
    const std::size_t offset = at_++;
    std::uint32_t node = 0;
    if (!Add(kind, offset, node)) return false;
    document_.nodes_[node].a = JsonDocument::kNone;
    frames_.push_back({.node = node});
    return true;
  }

  bool Close() {
    ++at_;
    const std::uint32_t node = frames_.back().node;
    frames_.pop_back();
    if (document_.nodes_[node].kind == JsonKind::kObject) FindDuplicates(node);
    return true;
  }

  bool ReadWord(std::string_view word, JsonKind kind, bool value) {
    if (text_.substr(at_, word.size()) != word) return Syntax("expected a value, found ");
    const std::size_t offset = at_;
    at_ += word.size();
    std::uint32_t node = 0;
    if (!Add(kind, offset, node)) return false;
    document_.nodes_[node].flag = value;
    return true;
  }

  bool SkipDigits() {
    const std::size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool ReadNumber() {
    const std::size_t begin = at_;
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
    } else if (!SkipDigits()) {
      return Syntax(at_ == begin ? "expected a value, found " : "expected a digit after `-`, found ");
    }
    if (Peek() == '.') {
      ++at_;
      if (!SkipDigits()) return Syntax("expected a digit after the decimal point, found ");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!SkipDigits()) return Syntax("expected a digit in the exponent, found ");
    }
    std::uint32_t node = 0;
    if (!Add(JsonKind::kNumber, begin, node)) return false;
    SetText(node, begin, at_ - begin, /*pooled=*/false);
    return true;
  }

  bool ReadString() {
    const std::size_t offset = at_++;
    const std::size_t begin = at_;
    bool as_is = true;
    while (true) {
      if (at_ >= text_.size()) return Fail("manifest.json.syntax", offset, "a string is not closed");
      const char c = text_[at_];
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"') break;
      if (byte < 0x20) return Syntax("a control character must be escaped in a string; found ");
      if (c == '\\') {
        as_is = false;
        if (!SkipEscape()) return false;
      } else if (byte < 0x80) {
        ++at_;
      } else {
        const std::size_t n = Utf8Length(text_.substr(at_));
        as_is = as_is && n > 0;
        at_ += std::max<std::size_t>(n, 1);
      }
    }
    std::uint32_t node = 0;
    if (!Add(JsonKind::kString, offset, node)) return false;
    const std::string_view literal = text_.substr(begin, at_ - begin);
    if (as_is) {
      SetText(node, begin, literal.size(), /*pooled=*/false);
    } else {
      const std::size_t pooled = document_.pool_.size();
      AppendUnescaped(literal, document_.pool_);
      SetText(node, pooled, document_.pool_.size() - pooled, /*pooled=*/true);
    }
    ++at_;
    return true;
  }

  bool SkipEscape() {
    ++at_;
    if (Peek() != 'u') {
      if (at_ >= text_.size() || std::string_view("\"\\/bfnrt").find(Peek()) == std::string_view::npos) {
        return Syntax("unknown escape in a string: backslash followed by ");
      }
      ++at_;
      return true;
    }
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
        return Syntax("`\\u` needs four hex digits, found ");
      }
    }
    return true;
  }

  // Appends a node as the next child of the open container.
  bool Add(JsonKind kind, std::size_t offset, std::uint32_t& node) {
    auto& nodes = document_.nodes_;
    if (nodes.size() >= JsonDocument::kMaxValues) {
      return Fail("manifest.json.values", offset,
                  "the document has more than " + std::to_string(JsonDocument::kMaxValues) + " keys and values");
    }
    node = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({.offset = static_cast<std::uint32_t>(offset), .kind = kind});
    if (frames_.empty()) return true;
    Frame& frame = frames_.back();
    if (frame.last == JsonDocument::kNone) {
      nodes[frame.node].a = node;
    } else {
      nodes[frame.last].next = node;
    }
    ++nodes[frame.node].b;
    frame.last = node;
    frame.expects_value = false;
    return true;
  }

  void SetText(std::uint32_t node, std::size_t begin, std::size_t size, bool pooled) {
    document_.nodes_[node].a = static_cast<std::uint32_t>(begin);
    document_.nodes_[node].b = static_cast<std::uint32_t>(size);
    document_.nodes_[node].flag = pooled;
  }

  void FindDuplicates(std::uint32_t object) {
    keys_.clear();
    JsonValue(&document_, object).ForEachMember([&](JsonValue key, JsonValue) { keys_.push_back(key); });
    std::ranges::stable_sort(keys_, {}, [](const JsonValue& key) { return key.text(); });
    for (std::size_t i = 1; i < keys_.size(); ++i) {
      if (keys_[i].text() != keys_[i - 1].text()) continue;
      AddFault("manifest.json.duplicate_key", keys_[i].offset(),
               "the key " + Quoted(keys_[i].text()) + " occurs more than once in one object; remove all but one",
               Pointer() + "/" + PointerToken(keys_[i].text()));
    }
  }

  // Pointer of the container that is open, as far as it is known.
  std::string Pointer() const {
    std::string out;
    for (const Frame& frame : frames_) {
      const Node& node = document_.nodes_[frame.node];
      if (node.kind == JsonKind::kArray) {
        if (node.b > 0) out += "/" + std::to_string(node.b - 1);
      } else if (frame.last != JsonDocument::kNone) {
        out += "/" + PointerToken(LastKey(frame));
      }
    }
    return out;
  }

  // The key of the member that was read last, or whose value is due. Children alternate; an object with an even number
  // of them has its last value at the end, and the key was added just before that value's own subtree.
  std::string_view LastKey(const Frame& frame) const {
    const Node& node = document_.nodes_[frame.node];
    if (node.b % 2 == 1) return JsonValue(&document_, frame.last).text();
    return JsonValue(&document_, frame.last - 1).text();
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  std::string Here() const {
    if (at_ >= text_.size()) return "the end of the document";
    const std::size_t n = std::max<std::size_t>(Utf8Length(text_.substr(at_)), 1);
    return Quoted(text_.substr(at_, n));
  }

  bool Syntax(std::string_view expected) { return Fail("manifest.json.syntax", at_, std::string(expected) + Here()); }

  bool Fail(std::string_view reason, std::size_t offset, std::string message) {
    AddFault(reason, offset, std::move(message), Pointer());
    return false;
  }

  void AddFault(std::string_view reason, std::size_t offset, std::string message, std::string pointer) {
    if (faults_.size() >= kMaxProblems) return;
    faults_.push_back(
        {.problem = {.reason = std::string(reason), .pointer = std::move(pointer), .message = std::move(message)},
         .offset = offset});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  JsonDocument document_;
  std::vector<Frame> frames_;
  std::vector<JsonValue> keys_;
  std::vector<JsonDocument::Fault> faults_;
};

JsonDocument::Outcome JsonDocument::Parse(ByteView text) { return JsonReader(text).Run(); }

}  // namespace steelie::manifest
