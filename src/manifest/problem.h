#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace steelie::manifest {

/// A place in a document: both 1-based. Columns count characters (code points), as editors do.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;

  bool operator==(const Position&) const = default;
};

/// Something wrong, or doubtful, in a manifest.
///
/// `reason` is a stable id such as `manifest.package.unknown`. `pointer` is the JSON pointer (RFC 6901) of the value,
/// spelled as the document spells it; where something is missing, that of the object in which it is missing. `message`
/// says what was expected, what was seen and how to mend it; it quotes bounded input, never contents of files,
/// environment variables or keys. Line and column are 0 if no document is at hand.
struct Problem {
  std::string reason;
  std::string pointer;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string message;

  /// `line:column: message (pointer, reason)`, for people.
  std::string ToString() const;
};

/// At most this many errors, and as many warnings, are kept; a last one says how many more there were.
inline constexpr std::size_t kMaxProblems = 1000;

/// Input made fit for a message: control characters escaped (base/visible.h), shortened to about 100 bytes on a
/// character border.
std::string Shown(std::string_view input);
/// The same between backticks.
std::string Quoted(std::string_view input);

/// One token of a JSON pointer, with `~` and `/` escaped.
std::string PointerToken(std::string_view name);

}  // namespace steelie::manifest
