#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace steelie {

/// Bytes that are overwritten when they are no longer needed. Move-only.
class SecretBytes {
 public:
  /// Empty.
  SecretBytes() = default;
  /// A copy.
  explicit SecretBytes(std::span<const std::uint8_t> bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  const std::uint8_t* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Views that live as long as this object and do not follow it when it is moved.
  std::span<const std::uint8_t> bytes() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept;

 private:
  void Clear() noexcept;

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace steelie
