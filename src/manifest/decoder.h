#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "manifest/field_name.h"
#include "manifest/json.h"
#include "manifest/model.h"
#include "manifest/parse.h"
#include "manifest/path.h"

namespace steelie::manifest {

/// A problem and where it is in the document.
struct Finding {
  Problem problem;
  std::size_t offset = 0;
};

/// Problems of one kind, bounded.
class Findings {
 public:
  void Add(Finding finding);
  /// In document order with lines and columns; the last one counts those beyond the bound.
  std::vector<Problem> Sorted(ByteView document) &&;
  bool empty() const { return kept_.empty(); }
  /// Whether further ones are only counted, so that nobody need write them.
  bool full() const { return kept_.size() >= kMaxProblems; }
  void CountOnly() { ++dropped_; }

 private:
  std::vector<Finding> kept_;
  std::size_t dropped_ = 0;
};

/// Entries of sections about which the first pass has complained: what the second would say about them, or about
/// references to them, would mostly be consequences.
class Damage {
 public:
  void Add(std::string_view section, std::string_view entry) { entries_.emplace(section, entry); }
  bool Has(std::string_view section, std::string_view entry) const {
    return !entries_.empty() && entries_.contains(std::pair(std::string(section), std::string(entry)));
  }
  bool AnyIn(std::string_view section) const;

 private:
  std::set<std::pair<std::string, std::string>> entries_;
};

/// How ReadObject treats members that it does not know.
enum class Unknown { kStrict, kWarn };

/// Turns JSON values into typed ones and collects the problems. Every `Read` leaves its target alone when it complains.
/// A null never reaches them: it means absent, see ReadObject. One thread at a time.
class Decoder {
 public:
  explicit Decoder(const ParseOptions& options) : options_(options) {}

  void Error(JsonValue at, const Path& path, std::string_view reason, std::string message);
  void Warn(JsonValue at, const Path& path, std::string_view reason, std::string message);
  /// An error that does not count as damage.
  void Complain(JsonValue at, const Path& path, std::string_view reason, std::string message);
  /// `manifest.field.type`: `expected WHAT, found ...`.
  void WrongType(JsonValue at, const Path& path, std::string_view expected);

  void Read(JsonValue v, const Path& path, bool& out);
  void Read(JsonValue v, const Path& path, std::uint64_t& out);
  void Read(JsonValue v, const Path& path, std::int64_t& out);
  void Read(JsonValue v, const Path& path, std::string& out);
  /// Base64 text or an array of integers 0 to 255.
  void Read(JsonValue v, const Path& path, Bytes& out);
  /// A list; null elements are default values, as in Go.
  template <typename T>
  void Read(JsonValue v, const Path& path, std::vector<T>& out);
  template <typename T>
  void Read(JsonValue v, const Path& path, std::optional<T>& out);

  /// SuggestName, as long as somebody will read it: hostile documents can make a million mistakes.
  std::string Suggest(std::string_view seen, std::span<const std::string_view> names) const;
  /// Whether `v` is an object; complains if not.
  bool IsObject(JsonValue v, const Path& path);
  void ReportUnknown(JsonValue key, const Path& path, std::string_view where, std::span<const std::string_view> names,
                     Unknown unknown);
  void ReportRepeated(JsonValue key, const Path& path, std::string_view name, std::string_view first_spelling);

  /// Names the entry that is read from here on, for Damage.
  void Enter(std::string_view section, std::string_view entry) {
    section_ = section;
    entry_ = entry;
  }

  Findings& errors() { return errors_; }
  Findings& warnings() { return warnings_; }
  const Damage& damage() const { return damage_; }

 private:
  std::optional<std::uint64_t> Unsigned(JsonValue v, const Path& path, std::uint64_t max);

  ParseOptions options_;
  Findings errors_;
  Findings warnings_;
  Damage damage_;
  std::string section_;
  std::string entry_;
};

/// What was found, for messages: `the number 5`, `a string`. Never the text of a string.
std::string Describe(JsonValue v);

/// A member of an object with a fixed set of members.
template <typename T>
struct Field {
  std::string_view name;
  void (*read)(Decoder& d, JsonValue v, const Path& path, T& out);
};

template <typename T>
struct OwnerOf;
template <typename C, typename M>
struct OwnerOf<M C::*> {
  using Type = C;
};

/// Reader of a Field that stores into a data member by Decoder::Read.
template <auto kMember>
void Into(Decoder& d, JsonValue v, const Path& path, typename OwnerOf<decltype(kMember)>::Type& out) {
  d.Read(v, path, out.*kMember);
}

/// Reads an object whose members are `fields`, found case-insensitively. A null, of the object or a member, is absent.
/// `where` names the kind of object in messages ("a package").
template <typename T, std::size_t N>
void ReadObject(Decoder& d, JsonValue v, const Path& path, std::string_view where,
                const std::array<Field<T>, N>& fields, T& out, Unknown unknown = Unknown::kStrict) {
  if (v.is_null() || !d.IsObject(v, path)) return;
  std::array<std::string_view, N> seen{};
  v.ForEachMember([&](JsonValue key, JsonValue value) {
    const Path at(path, key.text());
    for (std::size_t i = 0; i < N; ++i) {
      if (!SameField(key.text(), fields[i].name)) continue;
      if (seen[i].data() != nullptr) return d.ReportRepeated(key, at, fields[i].name, seen[i]);
      seen[i] = key.text();
      if (!value.is_null()) fields[i].read(d, value, at, out);
      return;
    }
    std::array<std::string_view, N> names;
    for (std::size_t i = 0; i < N; ++i) names[i] = fields[i].name;
    d.ReportUnknown(key, at, where, names, unknown);
  });
}

/// Reads an object whose member names are the user's. `read(value, path, entry)` also gets nulls.
template <typename T, typename F>
void ReadMap(Decoder& d, JsonValue v, const Path& path, NameMap<T>& out, F&& read) {
  if (!d.IsObject(v, path)) return;
  v.ForEachMember([&](JsonValue key, JsonValue value) {
    T entry{};
    const Path at(path, key.text());
    read(value, at, entry);
    out.emplace_hint(out.end(), std::string(key.text()), std::move(entry));
  });
}

template <typename T>
void Decoder::Read(JsonValue v, const Path& path, std::vector<T>& out) {
  if (v.kind() != JsonKind::kArray) return WrongType(v, path, "a list");
  std::vector<T> list;
  list.reserve(v.size());
  v.ForEachElement([&](JsonValue element) {
    T item{};
    if (!element.is_null()) Read(element, Path(path, list.size()), item);
    list.push_back(std::move(item));
  });
  out = std::move(list);
}

template <typename T>
void Decoder::Read(JsonValue v, const Path& path, std::optional<T>& out) {
  T value{};
  Read(v, path, value);
  out = std::move(value);
}

}  // namespace steelie::manifest
