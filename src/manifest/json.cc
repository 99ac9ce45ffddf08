#include "manifest/json.h"

namespace steelie::manifest {

JsonKind JsonValue::kind() const { return document_->nodes_[node_].kind; }

bool JsonValue::boolean() const { return kind() == JsonKind::kBool && document_->nodes_[node_].flag; }

std::string_view JsonValue::text() const {
  const auto& node = document_->nodes_[node_];
  if (node.kind != JsonKind::kString && node.kind != JsonKind::kNumber) return {};
  if (node.flag) return std::string_view(document_->pool_).substr(node.a, node.b);
  return AsText(document_->text_.subspan(node.a, node.b));
}

std::size_t JsonValue::size() const {
  const auto& node = document_->nodes_[node_];
  if (node.kind == JsonKind::kArray) return node.b;
  if (node.kind == JsonKind::kObject) return node.b / 2;
  return 0;
}

std::size_t JsonValue::offset() const { return document_->nodes_[node_].offset; }

std::optional<JsonValue> JsonValue::First() const {
  const auto& node = document_->nodes_[node_];
  if (node.kind != JsonKind::kArray && node.kind != JsonKind::kObject) return std::nullopt;
  if (node.a == JsonDocument::kNone) return std::nullopt;
  return JsonValue(document_, node.a);
}

std::optional<JsonValue> JsonValue::Next() const {
  const std::uint32_t next = document_->nodes_[node_].next;
  if (next == JsonDocument::kNone) return std::nullopt;
  return JsonValue(document_, next);
}

std::optional<JsonValue> JsonValue::Member(std::string_view name) const {
  if (kind() != JsonKind::kObject) return std::nullopt;
  for (auto key = First(); key;) {
    const auto value = key->Next();
    if (key->text() == name) return value;
    key = value->Next();
  }
  return std::nullopt;
}

Position PositionCounter::At(std::size_t offset) {
  for (; at_ < offset && at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((text_[at_] & 0xc0U) != 0x80U) {
      ++position_.column;
    }
  }
  return position_;
}

}  // namespace steelie::manifest
