#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace steelie {

/// Overwrites memory in a way that the compiler may not leave out.
void Wipe(void* data, std::size_t size);

/// Allocator that wipes what it frees. Restricted to plain bytes and characters, so that nobody takes it for a way to
/// wipe objects with memory of their own.
template <typename T>
struct WipingAllocator {
  static_assert(std::is_integral_v<T>, "only integral types are wiped as a whole");
  using value_type = T;
  using is_always_equal = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;

  WipingAllocator() = default;
  template <typename U>
  WipingAllocator(const WipingAllocator<U>&) {}

  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* p, std::size_t n) {
    Wipe(p, n * sizeof(T));
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

/// Bytes that are wiped when freed, also when the buffer grows. Prefer Secret<Tag>; this is for code that assembles
/// one.
using SecretBuffer = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

}  // namespace steelie
