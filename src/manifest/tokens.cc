// The placeholders of the earliest manifests, and what was probably meant as one.

#include <array>
#include <string>

#include "manifest/checker.h"
#include "manifest/field_name.h"

namespace steelie::manifest {
namespace {

// Those that gotemplate::ExpandLegacyTokens replaces.
constexpr std::array<std::string_view, 4> kTokens = {"$$root_ca", "$$marble_cert", "$$marble_key", "$$seal_key"};

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// The first `$$word` that is no token, or nothing. Tokens need no delimiter behind them.
std::string_view UnknownToken(std::string_view text) {
  while (true) {
    const std::size_t at = text.find("$$");
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at);
    std::size_t end = 2;
    while (end < text.size() && IsWordByte(text[end])) ++end;
    const bool word = end > 2 && (text[2] < '0' || text[2] > '9') && text[2] != '-';
    bool known = false;
    for (const std::string_view token : kTokens) known = known || text.starts_with(token);
    if (word && !known) return text.substr(0, end);
    // Of `$$$word` the last two belong to the word.
    text.remove_prefix(word ? end : 1);
  }
}

void AdviseOnValues(Checker& c, const std::string& marble, std::string_view section, const NameMap<FileValue>& values) {
  for (const auto& [name, value] : values) {
    if (value.no_templates || value.encoding != Encoding::kString) continue;
    const std::string_view token = UnknownToken(AsText(value.data));
    if (token.empty()) continue;
    // Only what nearly is a token is shown: anything else may be a part of somebody's password.
    const std::string_view nearest = NearestName(token, kTokens);
    c.Warn({"Marbles", marble, "Parameters", section, name, "Data"}, "manifest.advice.placeholder",
           (nearest.empty() ? "a word behind `$$`" : Quoted(token)) +
               std::string(" is no placeholder and stays as it is; known are `$$root_ca`, `$$marble_cert`, "
                           "`$$marble_key` and `$$seal_key`") +
               (nearest.empty() ? std::string() : "; did you mean " + Quoted(nearest) + "?"));
  }
}

}  // namespace

void AdviseOnTokens(Checker& c) {
  for (const auto& [name, marble] : c.manifest().marbles) {
    if (c.Damaged("Marbles", name)) continue;
    AdviseOnValues(c, name, "Files", marble.parameters.files);
    AdviseOnValues(c, name, "Env", marble.parameters.env);
  }
}

}  // namespace steelie::manifest
