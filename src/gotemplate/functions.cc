#include "gotemplate/functions.h"

#include <array>
#include <limits>

namespace steelie::gotemplate {
namespace {

enum class Where : std::uint8_t { kBoth, kFile, kEnv };

struct Description {
  std::string_view name;
  Where where;
  std::size_t min_arguments;
  std::size_t max_arguments;
};

constexpr std::size_t kAnyCount = std::numeric_limits<std::size_t>::max();

// In the order of Function.
constexpr std::array<Description, 24> kFunctions = {{
    {"and", Where::kBoth, 1, kAnyCount},
    {"call", Where::kBoth, 1, kAnyCount},
    {"eq", Where::kBoth, 2, kAnyCount},
    {"ge", Where::kBoth, 2, 2},
    {"gt", Where::kBoth, 2, 2},
    {"html", Where::kBoth, 0, kAnyCount},
    {"index", Where::kBoth, 1, kAnyCount},
    {"js", Where::kBoth, 0, kAnyCount},
    {"le", Where::kBoth, 2, 2},
    {"len", Where::kBoth, 1, 1},
    {"lt", Where::kBoth, 2, 2},
    {"ne", Where::kBoth, 2, 2},
    {"not", Where::kBoth, 1, 1},
    {"or", Where::kBoth, 1, kAnyCount},
    {"print", Where::kBoth, 0, kAnyCount},
    {"printf", Where::kBoth, 1, kAnyCount},
    {"println", Where::kBoth, 0, kAnyCount},
    {"slice", Where::kBoth, 1, kAnyCount},
    {"urlquery", Where::kBoth, 0, kAnyCount},
    {"pem", Where::kBoth, 1, 1},
    {"hex", Where::kBoth, 1, 1},
    {"base64", Where::kBoth, 1, 1},
    {"raw", Where::kFile, 1, 1},
    {"string", Where::kEnv, 1, 1},
}};

const Description& Describe(Function function) { return kFunctions[static_cast<std::size_t>(function)]; }

}  // namespace

std::optional<Function> FindFunction(std::string_view name, FunctionSet functions) {
  const Where missing = functions == FunctionSet::kFile ? Where::kEnv : Where::kFile;
  for (std::size_t i = 0; i < kFunctions.size(); ++i) {
    if (kFunctions[i].name == name && kFunctions[i].where != missing) return static_cast<Function>(i);
  }
  return std::nullopt;
}

std::string_view FunctionName(Function function) { return Describe(function).name; }

bool AcceptsArguments(Function function, std::size_t count) {
  return count >= Describe(function).min_arguments && count <= Describe(function).max_arguments;
}

}  // namespace steelie::gotemplate
