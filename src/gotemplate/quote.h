#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gotemplate/unicode.h"
#include "secret/wipe.h"

namespace steelie::gotemplate {

/// The value of a string constant with its quotes: `"..."` with escapes, or between back quotes, where every CR is
/// dropped. Nothing if it is malformed.
std::optional<std::string> Unquote(std::string_view literal);

/// The value of a character constant with its quotes.
std::optional<char32_t> UnquoteCharacter(std::string_view literal);

/// Appends the text as a constant: escapes for what is not printable, or with `ascii` for all that is not ASCII.
void AppendQuoted(SecretBuffer* out, std::string_view text, bool ascii);
void AppendQuotedCharacter(SecretBuffer* out, char32_t c, bool ascii);

/// Whether the text can stand between back quotes unchanged, on one line.
bool CanBackquote(std::string_view text);

}  // namespace steelie::gotemplate
