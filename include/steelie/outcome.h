#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace steelie {

/// Why something failed: `reason` is a stable identifier to match on (each header lists its own), `message` is for a
/// person. Neither holds a secret.
struct Failure {
  std::string reason;
  std::string message;
};

/// A value or a Failure. Asking for the one that is not there ends the process.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT: implicit on purpose
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT: implicit on purpose

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & noexcept { return std::get<0>(state_); }
  const T& value() const& noexcept { return std::get<0>(state_); }
  T&& value() && noexcept { return std::get<0>(std::move(state_)); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T&& operator*() && noexcept { return std::move(*this).value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

  const Failure& failure() const noexcept { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

/// Success without a value.
struct Done {};

}  // namespace steelie
