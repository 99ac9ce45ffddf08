#pragma once

#include <string>
#include <string_view>

namespace steelie::manifest {

/// Length of the valid UTF-8 sequence at the start of `text`, 1 to 4, or 0 if there is none (also for surrogates and
/// overlong forms). `text` must not be empty.
std::size_t Utf8Length(std::string_view text);

/// Appends what a JSON string literal stands for. `literal` is the text between the quotes; its escapes must have been
/// checked. Bytes that are no UTF-8 and lone surrogates become U+FFFD each.
void AppendUnescaped(std::string_view literal, std::string& out);

}  // namespace steelie::manifest
