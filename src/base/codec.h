#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace steelie {

/// Reads a byte string front to back, so that a decoder looks like the format it reads.
///
/// Hostile input is expected: every read is bounds-checked. After the first failure the reader stays failed and every
/// further read yields zero or empty, so a decoder may read all its fields and test `ok()` once, provided it does not
/// act on counts before testing. The bytes read must outlive the reader and the views it returned.
class Reader {
 public:
  explicit Reader(ByteView data) : data_(data) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return data_.size() - at_; }
  std::size_t position() const { return at_; }
  /// True if nothing failed and nothing is left.
  bool AtEnd() const { return ok_ && remaining() == 0; }

  std::uint8_t U8() { return static_cast<std::uint8_t>(LittleEndian(1)); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(LittleEndian(2)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(LittleEndian(4)); }
  std::uint64_t U64() { return LittleEndian(8); }
  /// 0 or 1; any other byte fails.
  bool Bool();
  /// Exactly `n` bytes.
  ByteView Take(std::size_t n);
  /// A 32-bit length and as many bytes, at most `max` of them.
  ByteView Sized(std::size_t max = kDefaultMax);
  std::string SizedText(std::size_t max = kDefaultMax) { return std::string(AsText(Sized(max))); }
  /// A 32-bit element count, at most `max`, and never more than the remaining bytes could hold at `min_size` each.
  std::uint32_t Count(std::size_t min_size, std::size_t max = kDefaultMax);
  /// Marks the reader failed, for a value that is out of range.
  void Fail() { ok_ = false; }

 private:
  static constexpr std::size_t kDefaultMax = std::size_t{1} << 30U;

  std::uint64_t LittleEndian(std::size_t n);

  ByteView data_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Appends to a byte container what Reader reads. `Container` is Bytes, or SecretBuffer where secrets are written.
template <typename Container>
class BasicWriter {
 public:
  void U8(std::uint8_t v) { out_.push_back(v); }
  void U16(std::uint16_t v) { LittleEndian(v, 2); }
  void U32(std::uint32_t v) { LittleEndian(v, 4); }
  void U64(std::uint64_t v) { LittleEndian(v, 8); }
  void Bool(bool v) { U8(v ? 1 : 0); }
  void Raw(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
  void Sized(ByteView v) {
    U32(static_cast<std::uint32_t>(v.size()));
    Raw(v);
  }
  void Sized(std::string_view v) { Sized(AsBytes(v)); }

  const Container& data() const { return out_; }
  Container Take() && { return std::move(out_); }

 private:
  void LittleEndian(std::uint64_t v, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) out_.push_back(static_cast<std::uint8_t>(v >> (8U * i)));
  }

  Container out_;
};

using Writer = BasicWriter<Bytes>;

}  // namespace steelie
