#pragma once

#include "base/error.h"
#include "steelie/outcome.h"

namespace steelie::marble {

/// An Error as users of the library see it.
inline Failure Narrowed(const Error& error) { return {error.reason(), error.message()}; }

}  // namespace steelie::marble
