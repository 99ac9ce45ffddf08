#pragma once

#include <string>
#include <string_view>

namespace steelie {

// Text that came from elsewhere must not steer the terminal on which it is shown, nor look like other text. Made
// visible are control characters (C0, DEL, and C1, U+0080 to U+009F), controls of the writing direction, the line and
// paragraph separators, and bytes that are no UTF-8.

enum class VisibleForm {
  kLine,  // line breaks and tabs are made visible, too
  kText,  // they stay
  kJson,  // `text` is JSON; the escapes are JSON's, so that it keeps its meaning
};

/// Calls `f(std::string_view piece)` with what is to be written, in order. Copies nothing, so it may be used for
/// secrets.
template <typename F>
void ForEachVisible(std::string_view text, VisibleForm form, F&& f);

/// `\x1b` for a byte, `\u202e` for other characters.
std::string Visible(std::string_view text, VisibleForm form = VisibleForm::kLine);

/// Appends the text as a JSON string. Bytes that are no UTF-8 become U+FFFD.
void AppendQuoted(std::string& out, std::string_view text);

/// The beginning of a text: how far nothing need be made visible, and the escape of the character behind that.
struct VisibleStep {
  std::size_t plain = 0;
  std::size_t escaped = 0;  // bytes of the character; 0 at the end
  std::string escape;
};
VisibleStep NextVisible(std::string_view text, VisibleForm form);

template <typename F>
void ForEachVisible(std::string_view text, VisibleForm form, F&& f) {
  while (!text.empty()) {
    const VisibleStep step = NextVisible(text, form);
    if (step.plain > 0) f(text.substr(0, step.plain));
    if (step.escaped > 0) f(std::string_view(step.escape));
    text.remove_prefix(step.plain + step.escaped);
  }
}

}  // namespace steelie
