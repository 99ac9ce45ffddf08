#pragma once

#include <span>

#include "gotemplate/functions.h"
#include "gotemplate/store.h"

namespace steelie::gotemplate {

/// Whether a value counts as true: not empty, not zero, not missing. Structures always do.
bool IsTrue(Store& store, const Value& value);

/// Calls a function with as many arguments as it accepts. `and` and `or` get all theirs evaluated; they are for the
/// machine to shorten.
Result<Value> CallFunction(Store& store, Function function, std::span<const Value> arguments);

/// eq, ne, lt, le, gt, ge.
Result<Value> CallComparison(Store& store, Function function, std::span<const Value> arguments);

/// pem, hex, base64, raw, string.
Result<Value> CallEncoder(Store& store, Function function, const Value& value);

}  // namespace steelie::gotemplate
