#pragma once

#include <optional>
#include <span>

#include "gotemplate/store.h"

namespace steelie::gotemplate {

/// The value of `receiver.name`: a field, an entry of a map, or a method called with `arguments`. "No value" has every
/// field, and all of them are "no value".
Result<Value> EvaluateField(Store& store, const Value& receiver, std::string_view name,
                            std::span<const Value> arguments);

/// The result of a method of times, numbers, names, ... or of a secret; nothing if the type has no such method.
std::optional<Result<Value>> CallMethod(Store& store, const Value& receiver, std::string_view name,
                                        std::span<const Value> arguments);

/// The secret of that name; "no value" if there is none.
Value FindSecret(Store& store, Generation generation, std::string_view name);

/// The public half as the encoders see it: of a root certificate in its oldest form that is the certificate.
ByteView PublicHalf(const Value& secret);

}  // namespace steelie::gotemplate
