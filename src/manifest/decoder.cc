#include "manifest/decoder.h"

#include <algorithm>
#include <charconv>

namespace steelie::manifest {

std::string Path::Pointer() const {
  if (parent_ == nullptr) return {};
  return parent_->Pointer() + "/" + (is_index_ ? std::to_string(index_) : PointerToken(name_));
}

void Findings::Add(Finding finding) {
  if (full()) return CountOnly();
  kept_.push_back(std::move(finding));
}

std::vector<Problem> Findings::Sorted(ByteView document) && {
  std::ranges::stable_sort(kept_, {}, &Finding::offset);
  PositionCounter counter(document);
  std::vector<Problem> out;
  out.reserve(kept_.size() + 1);
  for (Finding& finding : kept_) {
    const Position position = counter.At(finding.offset);
    finding.problem.line = position.line;
    finding.problem.column = position.column;
    out.push_back(std::move(finding.problem));
  }
  if (dropped_ > 0) {
    Problem last = out.back();
    last.reason = "manifest.too_many_problems";
    last.message = "at least " + std::to_string(dropped_) + " further problems are not shown";
    out.push_back(std::move(last));
  }
  return out;
}

bool Damage::AnyIn(std::string_view section) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.first == section; });
}

std::string Describe(JsonValue v) {
  switch (v.kind()) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return v.boolean() ? "true" : "false";
    case JsonKind::kNumber:
      return "the number " + Shown(v.text());
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "a list";
    case JsonKind::kObject:
      return "an object";
  }
  return {};
}

void Decoder::Complain(JsonValue at, const Path& path, std::string_view reason, std::string message) {
  if (errors_.full()) return errors_.CountOnly();
  errors_.Add({.problem = {.reason = std::string(reason), .pointer = path.Pointer(), .message = std::move(message)},
               .offset = at.offset()});
}

void Decoder::Error(JsonValue at, const Path& path, std::string_view reason, std::string message) {
  Complain(at, path, reason, std::move(message));
  damage_.Add(section_, entry_);
}

void Decoder::Warn(JsonValue at, const Path& path, std::string_view reason, std::string message) {
  if (warnings_.full()) return warnings_.CountOnly();
  warnings_.Add({.problem = {.reason = std::string(reason), .pointer = path.Pointer(), .message = std::move(message)},
                 .offset = at.offset()});
}

void Decoder::WrongType(JsonValue at, const Path& path, std::string_view expected) {
  Error(at, path, "manifest.field.type",
        Quoted(path.Name()) + ": expected " + std::string(expected) + ", found " + Describe(at));
}

std::string Decoder::Suggest(std::string_view seen, std::span<const std::string_view> names) const {
  return errors_.full() || warnings_.full() ? std::string() : SuggestName(seen, names);
}

bool Decoder::IsObject(JsonValue v, const Path& path) {
  if (v.kind() == JsonKind::kObject) return true;
  WrongType(v, path, "an object");
  return false;
}

void Decoder::ReportUnknown(JsonValue key, const Path& path, std::string_view where,
                            std::span<const std::string_view> names, Unknown unknown) {
  const bool tolerated = unknown == Unknown::kWarn || options_.lenient;
  Findings& findings = tolerated ? warnings_ : errors_;
  if (findings.full()) return findings.CountOnly();
  std::string message = "unknown field " + Quoted(key.text()) + " in " + std::string(where) +
                        (tolerated ? ", ignored" : "") + SuggestName(key.text(), names);
  if (tolerated) return Warn(key, path, "manifest.field.unknown", std::move(message));
  Complain(key, path, "manifest.field.unknown", std::move(message));
  // With a misspelt field the other one seems to be missing.
  if (!NearestName(key.text(), names).empty()) damage_.Add(section_, entry_);
}

void Decoder::ReportRepeated(JsonValue key, const Path& path, std::string_view name, std::string_view first_spelling) {
  if (first_spelling == key.text()) return;  // the reader of the document has reported it
  Error(key, path, "manifest.json.duplicate_key",
        "the field `" + std::string(name) + "` is given twice, as " + Quoted(first_spelling) + " and as " +
            Quoted(key.text()) + " (upper and lower case do not matter); remove one");
}

void Decoder::Read(JsonValue v, const Path& path, bool& out) {
  if (v.kind() != JsonKind::kBool) return WrongType(v, path, "true or false");
  out = v.boolean();
}

std::optional<std::uint64_t> Decoder::Unsigned(JsonValue v, const Path& path, std::uint64_t max) {
  const std::string_view text = v.text();
  if (v.kind() != JsonKind::kNumber || text.find_first_not_of("0123456789") != std::string_view::npos) {
    WrongType(v, path, "a whole number without sign, fraction or exponent");
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > max) {
    Error(v, path, "manifest.field.range",
          Quoted(path.Name()) + ": expected a number up to " + std::to_string(max) + ", found " + Shown(text));
    return std::nullopt;
  }
  return value;
}

void Decoder::Read(JsonValue v, const Path& path, std::uint64_t& out) {
  if (const auto value = Unsigned(v, path, UINT64_MAX)) out = *value;
}

void Decoder::Read(JsonValue v, const Path& path, std::int64_t& out) {
  const std::string_view text = v.text();
  if (v.kind() != JsonKind::kNumber || text.find_first_of(".eE") != std::string_view::npos) {
    return WrongType(v, path, "a whole number");
  }
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return Error(v, path, "manifest.field.range",
                 Quoted(path.Name()) + ": the number " + Shown(text) + " is too large");
  }
  out = value;
}

void Decoder::Read(JsonValue v, const Path& path, std::string& out) {
  if (v.kind() != JsonKind::kString) return WrongType(v, path, "a string");
  out = v.text();
}

void Decoder::Read(JsonValue v, const Path& path, Bytes& out) {
  if (v.kind() == JsonKind::kString) {
    auto decoded = Base64Decode(v.text());
    if (!decoded) {
      return Error(
          v, path, "manifest.field.base64",
          Quoted(path.Name()) + ": expected padded base64 in the standard alphabet; " + decoded.error().message());
    }
    out = std::move(*decoded);
    return;
  }
  if (v.kind() != JsonKind::kArray) return WrongType(v, path, "base64 text or a list of bytes");
  Bytes bytes;
  bytes.reserve(v.size());
  bool good = true;
  v.ForEachElement([&](JsonValue element) {
    if (!good) return;
    const auto byte = element.is_null() ? 0 : Unsigned(element, Path(path, bytes.size()), UINT8_MAX);
    good = byte.has_value();
    if (good) bytes.push_back(static_cast<std::uint8_t>(*byte));
  });
  if (good) out = std::move(bytes);
}

}  // namespace steelie::manifest
