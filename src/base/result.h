#pragma once

#include <expected>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace steelie {

/// A value or an Error. `std::expected` with two repairs: dropping one is a compiler warning, and an Error converts to
/// it without `std::unexpected` at every return.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;

  Result(Error error) : Base(std::unexpect, std::move(error)) {}  // NOLINT: implicit on purpose

  /// The same result; a failure gets `context: ` before its message.
  Result WithContext(std::string_view context) && {
    if (this->has_value()) return std::move(*this);
    return this->error().WithContext(context);
  }
};

using Status = Result<void>;

/// The successful Status.
inline Status Ok() { return Status(); }

}  // namespace steelie

#define STEELIE_CONCAT_INNER(a, b) a##b
#define STEELIE_CONCAT(a, b) STEELIE_CONCAT_INNER(a, b)

/// `STEELIE_TRY(auto x, F());` assigns the value of a Result or returns its error from the enclosing function.
#define STEELIE_TRY(declaration, expression) \
  STEELIE_TRY_INNER(STEELIE_CONCAT(steelie_try_, __COUNTER__), declaration, expression)
#define STEELIE_TRY_INNER(name, declaration, expression) \
  auto name = (expression);                              \
  if (!name.has_value()) return std::move(name).error(); \
  declaration = std::move(*name)

/// `STEELIE_CHECK_OK(F());` returns the error of a Status (or of any Result whose value is not needed).
#define STEELIE_CHECK_OK(expression)                                       \
  do {                                                                     \
    if (auto steelie_status = (expression); !steelie_status.has_value()) { \
      return std::move(steelie_status).error();                            \
    }                                                                      \
  } while (false)
