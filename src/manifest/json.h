#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "manifest/problem.h"

namespace steelie::manifest {

enum class JsonKind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

class JsonDocument;

/// A value of a JsonDocument, valid as long as the document and the bytes it was read from. A cheap handle.
class JsonValue {
 public:
  JsonKind kind() const;
  bool is_null() const { return kind() == JsonKind::kNull; }
  /// For kBool.
  bool boolean() const;
  /// Text of a string (always valid UTF-8), or a number as written.
  std::string_view text() const;
  /// Members of an object, elements of an array.
  std::size_t size() const;
  /// Where the value begins in the document.
  std::size_t offset() const;

  /// Calls `f(JsonValue element)` in order; does nothing for what is no array.
  template <typename F>
  void ForEachElement(F&& f) const;
  /// Calls `f(JsonValue key, JsonValue value)` in order; the key is a string value with its own offset. Nothing for
  /// what is no object.
  template <typename F>
  void ForEachMember(F&& f) const;
  /// First member of exactly that name. Linear.
  std::optional<JsonValue> Member(std::string_view name) const;

  bool operator==(const JsonValue&) const = default;

 private:
  friend class JsonDocument;
  friend class JsonReader;
  JsonValue(const JsonDocument* document, std::uint32_t node) : document_(document), node_(node) {}
  std::optional<JsonValue> First() const;
  std::optional<JsonValue> Next() const;

  const JsonDocument* document_;
  std::uint32_t node_;
};

/// A strict JSON text (RFC 8259) as a tree that knows where everything stood. Immutable once read.
///
/// Made for documents whose author must be told what is wrong with them and where: nothing is lost (numbers keep their
/// text, duplicate keys are reported), nothing is guessed. Hostile bytes are expected: size, depth and number of values
/// are bounded, nothing recurses. As in Go's encoding/json each byte of invalid UTF-8 and each lone surrogate in a
/// string becomes U+FFFD. The document refers to the bytes it was read from.
class JsonDocument {
 public:
  static constexpr std::size_t kMaxSize = std::size_t{32} << 20U;
  static constexpr std::size_t kMaxDepth = 64;
  /// Values and keys together. Bounds the memory of a tree, which may be larger than its text.
  static constexpr std::size_t kMaxValues = 2'000'000;

  struct Fault {
    Problem problem;  // without line and column
    std::size_t offset = 0;
  };
  struct Outcome;

  /// Reasons: `manifest.json.size`, `manifest.json.bom`, `manifest.json.syntax`, `manifest.json.depth`,
  /// `manifest.json.values`, `manifest.json.trailing`: these end the reading, there is no document.
  /// `manifest.json.duplicate_key`: the document is there, all duplicates are reported.
  static Outcome Parse(ByteView text);

  JsonDocument(JsonDocument&&) = default;
  JsonDocument& operator=(JsonDocument&&) = default;

  JsonValue root() const { return JsonValue(this, 0); }
  ByteView text() const { return text_; }

 private:
  friend class JsonValue;
  friend class JsonReader;

  static constexpr std::uint32_t kNone = 0xffffffffU;

  // Strings and numbers: `a` and `b` are offset and length of the text, in the document or in the pool of decoded
  // strings. Containers: first child and number of children. The children of an object alternate key and value.
  struct Node {
    std::uint32_t offset = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t next = kNone;
    JsonKind kind = JsonKind::kNull;
    bool flag = false;  // bool: the value; string: the text is in the pool
  };

  JsonDocument() = default;

  ByteView text_;
  std::string pool_;
  std::vector<Node> nodes_;
};

struct JsonDocument::Outcome {
  std::optional<JsonDocument> document;
  std::vector<Fault> faults;
};

/// Turns offsets into positions. Offsets must be asked in ascending order, so that many cost one pass over the text.
class PositionCounter {
 public:
  explicit PositionCounter(ByteView text) : text_(text) {}
  Position At(std::size_t offset);

 private:
  ByteView text_;
  std::size_t at_ = 0;
  Position position_;
};

template <typename F>
void JsonValue::ForEachElement(F&& f) const {
  if (kind() != JsonKind::kArray) return;
  for (auto element = First(); element; element = element->Next()) f(*element);
}

template <typename F>
void JsonValue::ForEachMember(F&& f) const {
  if (kind() != JsonKind::kObject) return;
  for (auto key = First(); key;) {
    const auto value = key->Next();
    f(*key, *value);
    key = value->Next();
  }
}

}  // namespace steelie::manifest
