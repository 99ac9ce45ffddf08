#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "secret/wipe.h"

namespace steelie {

/// Bytes that must not leak, of one purpose named by `Tag` (an empty struct), so that two kinds cannot be swapped.
///
/// Move-only; copies are asked for by `Clone()`. Wiped when destroyed or overwritten. It has no equality (use
/// ConstantTimeEqual of crypto/constant_time.h), cannot be printed, formatted or turned into JSON. The bytes are seen
/// only inside `Reveal`, whose callback must not keep the view.
///
/// Thread safety: const methods may run concurrently.
template <typename Tag>
class Secret {
 public:
  /// Empty.
  Secret() = default;
  explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit Secret(SecretBuffer bytes) : bytes_(std::move(bytes)) {}

  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() = default;

  bool operator==(const Secret&) const = delete;

  Secret Clone() const { return Secret(ByteView(bytes_)); }

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  /// Calls `use(ByteView)` and returns what it returns.
  template <typename Use>
  std::invoke_result_t<Use, ByteView> Reveal(Use&& use) const {
    return std::forward<Use>(use)(ByteView(bytes_));
  }

 private:
  SecretBuffer bytes_;
};

}  // namespace steelie
