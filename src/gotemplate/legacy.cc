#include <array>

#include "gotemplate/template.h"

namespace steelie::gotemplate {

std::string ExpandLegacyTokens(std::string_view text) {
  struct Replacement {
    std::string_view token;
    std::string_view action;
  };
  // The seal key has its old root: the reference of today has no such field.
  static constexpr std::array<Replacement, 4> kReplacements = {{
      {"$$root_ca", "{{ pem .MarbleRun.RootCA.Cert }}"},
      {"$$marble_cert", "{{ pem .MarbleRun.MarbleCert.Cert }}"},
      {"$$marble_key", "{{ pem .MarbleRun.MarbleCert.Private }}"},
      {"$$seal_key", "{{ hex .Marblerun.SealKey }}"},
  }};
  std::string out;
  while (!text.empty()) {
    const Replacement* found = nullptr;
    for (const Replacement& candidate : kReplacements) {
      if (text.starts_with(candidate.token)) found = &candidate;
    }
    if (found != nullptr) {
      out += found->action;
      text.remove_prefix(found->token.size());
      continue;
    }
    const std::size_t next = text.find("$$", 1);
    out += text.substr(0, next);
    text.remove_prefix(next == std::string_view::npos ? text.size() : next);
  }
  return out;
}

}  // namespace steelie::gotemplate
