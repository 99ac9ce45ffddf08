#pragma once

#include <span>
#include <string>
#include <string_view>

namespace steelie::manifest {

/// Whether two member names are the same to encoding/json: equal under Unicode simple folding. `name` is one of ours,
/// in ASCII; `seen` is hostile.
bool SameField(std::string_view seen, std::string_view name);

/// The one of `names` that `seen` probably meant: fewest edits, and few in relation to its length. Empty if none is
/// near.
std::string_view NearestName(std::string_view seen, std::span<const std::string_view> names);

/// `; did you mean `X`?`, or, without a near name, `; known are A, B and C` (at most a dozen).
std::string SuggestName(std::string_view seen, std::span<const std::string_view> names);

}  // namespace steelie::manifest
