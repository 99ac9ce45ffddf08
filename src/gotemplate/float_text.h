#pragma once

#include <cstddef>
#include <string>

namespace steelie::gotemplate {

/// A floating-point number as Go's strconv writes it, with `-` but never `+`. `verb` is one of e f g x b or their
/// upper-case forms; a negative precision asks for the fewest digits that read back the same.
std::string FloatText(double value, char verb, int precision);

}  // namespace steelie::gotemplate
