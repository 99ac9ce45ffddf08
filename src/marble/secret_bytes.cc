#include "steelie/secret_bytes.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "secret/wipe.h"

namespace steelie {
namespace {

WipingAllocator<std::uint8_t> allocator;

}  // namespace

SecretBytes::SecretBytes(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  data_ = allocator.allocate(bytes.size());
  size_ = bytes.size();
  std::ranges::copy(bytes, data_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes::~SecretBytes() { Clear(); }

void SecretBytes::Clear() noexcept {
  if (data_ != nullptr) allocator.deallocate(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

std::string_view SecretBytes::text() const noexcept { return AsText({data_, size_}); }

}  // namespace steelie
