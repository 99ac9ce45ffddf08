#include "manifest/field_name.h"

#include <algorithm>
#include <array>
#include <vector>

namespace steelie::manifest {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment distance (insert, delete, replace, swap neighbours), ignoring case.
std::size_t Edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) && Lower(a[i - 2]) == Lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

bool SameField(std::string_view seen, std::string_view name) {
  std::size_t i = 0;
  for (const char c : name) {
    if (i >= seen.size()) return false;
    const char wanted = Lower(c);
    if (Lower(seen[i]) == wanted) {
      ++i;
    } else if (wanted == 's' && seen.substr(i).starts_with("\u017f")) {  // long s
      i += 2;
    } else if (wanted == 'k' && seen.substr(i).starts_with("\u212a")) {  // Kelvin sign
      i += 3;
    } else {
      return false;
    }
  }
  return i == seen.size();
}

std::string_view NearestName(std::string_view seen, std::span<const std::string_view> names) {
  constexpr std::size_t kLongest = 64;
  if (seen.empty() || seen.size() > kLongest) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(1, seen.size() / 3) + 1;
  for (const std::string_view name : names) {
    const std::size_t edits = Edits(seen, name);
    if (edits < fewest && edits < name.size()) {
      fewest = edits;
      best = name;
    }
  }
  return best;
}

std::string SuggestName(std::string_view seen, std::span<const std::string_view> names) {
  if (const auto nearest = NearestName(seen, names); !nearest.empty()) {
    return "; did you mean `" + std::string(nearest) + "`?";
  }
  constexpr std::size_t kShown = 12;
  if (names.empty() || names.size() > kShown) return {};
  std::string out = "; known are ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += "`" + std::string(names[i]) + "`";
  }
  return out;
}

}  // namespace steelie::manifest
