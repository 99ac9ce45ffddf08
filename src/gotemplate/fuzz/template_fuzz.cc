#include "base/check.h"
#include "gotemplate/template.h"
#include "gotemplate/testing/small_data.h"

using steelie::gotemplate::FunctionSet;
using steelie::gotemplate::Template;

// Any text parses or is refused, and executes or is refused, within the limits; texts with `$$` tokens likewise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto root = [] {
    steelie::gotemplate::testing::SmallData out;
    out.Add("key", "symmetric-key", "0123456789abcdef");
    out.Add("pw", "plain", "p@ss \xff\xc3\xa9<&>");
    return out;
  }();
  steelie::gotemplate::Limits limits;
  limits.max_output = 64U << 10U;
  limits.max_steps = 20'000;
  for (const FunctionSet functions : {FunctionSet::kFile, FunctionSet::kEnv}) {
    const auto parsed = Template::Parse({data, size}, functions);
    if (!parsed) continue;
    const auto output = parsed->Execute(root, limits);
    STEELIE_CHECK(!output || output->size() <= limits.max_output);
  }
  const std::string expanded = steelie::gotemplate::ExpandLegacyTokens(steelie::AsText({data, size}));
  STEELIE_CHECK(steelie::gotemplate::ExpandLegacyTokens(expanded) == expanded);
  return 0;
}
