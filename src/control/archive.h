#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/codec.h"
#include "base/uuid.h"
#include "secret/secret.h"

namespace steelie::control {

// Encoding of events and snapshots: fields one after the other, integers little endian, everything of variable length
// behind a 32-bit length or count. A type describes itself once, for both directions:
//
//     template <typename Archive, typename Self>
//     friend void Fields(Archive& ar, Self& self) { ar(self.a, self.b); }

/// Writes. The output is wiped when freed, since events carry secrets.
class OutArchive {
 public:
  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }
  SecretBuffer Take() && { return std::move(out_).Take(); }

 private:
  void Put(bool v) { out_.Bool(v); }
  void Put(std::uint8_t v) { out_.U8(v); }
  void Put(std::uint16_t v) { out_.U16(v); }
  void Put(std::uint32_t v) { out_.U32(v); }
  void Put(std::uint64_t v) { out_.U64(v); }
  void Put(const std::string& v) { out_.Sized(v); }
  void Put(const Bytes& v) { out_.Sized(v); }
  void Put(const Uuid& v) { out_.Raw(v.bytes()); }
  void Put(Instant v) { out_.U64(static_cast<std::uint64_t>(v.time_since_epoch().count())); }
  template <std::size_t N>
  void Put(const std::array<std::uint8_t, N>& v) {
    out_.Raw(v);
  }
  template <typename Tag>
  void Put(const Secret<Tag>& v) {
    v.Reveal([&](ByteView bytes) { out_.Sized(bytes); });
  }
  template <typename T>
  void Put(const std::optional<T>& v) {
    out_.Bool(v.has_value());
    if (v) Put(*v);
  }
  template <typename T>
  void Put(const std::shared_ptr<const T>& v) {
    out_.Bool(v != nullptr);
    if (v) Put(*v);
  }
  template <typename T>
  void Put(const std::vector<T>& v) {
    out_.U32(static_cast<std::uint32_t>(v.size()));
    for (const T& item : v) Put(item);
  }
  template <typename T>
  void Put(const std::map<std::string, T, std::less<>>& v) {
    out_.U32(static_cast<std::uint32_t>(v.size()));
    for (const auto& [name, item] : v) {
      Put(name);
      Put(item);
    }
  }
  template <typename T>
    requires requires(OutArchive& ar, const T& v) { Fields(ar, v); }
  void Put(const T& v) {
    Fields(*this, v);
  }

  BasicWriter<SecretBuffer> out_;
};

/// Reads what OutArchive wrote. The bytes were authenticated by the ledger; still nothing is assumed about them.
class InArchive {
 public:
  explicit InArchive(ByteView in) : in_(in) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  bool AtEnd() const { return in_.AtEnd(); }
  bool ok() const { return in_.ok(); }

 private:
  void Get(bool& v) { v = in_.Bool(); }
  void Get(std::uint8_t& v) { v = in_.U8(); }
  void Get(std::uint16_t& v) { v = in_.U16(); }
  void Get(std::uint32_t& v) { v = in_.U32(); }
  void Get(std::uint64_t& v) { v = in_.U64(); }
  void Get(std::string& v) { v = in_.SizedText(); }
  void Get(Bytes& v) { v = ToBytes(in_.Sized()); }
  void Get(Instant& v) { v = Instant(std::chrono::nanoseconds(static_cast<std::int64_t>(in_.U64()))); }
  void Get(Uuid& v) {
    std::array<std::uint8_t, 16> bytes{};
    Get(bytes);
    v = Uuid(bytes);
  }
  template <std::size_t N>
  void Get(std::array<std::uint8_t, N>& v) {
    const ByteView bytes = in_.Take(N);
    if (in_.ok()) std::copy(bytes.begin(), bytes.end(), v.begin());
  }
  template <typename Tag>
  void Get(Secret<Tag>& v) {
    v = Secret<Tag>(in_.Sized());
  }
  template <typename T>
  void Get(std::optional<T>& v) {
    if (in_.Bool()) Get(v.emplace());
  }
  template <typename T>
  void Get(std::shared_ptr<const T>& v) {
    if (!in_.Bool()) return;
    auto value = std::make_shared<T>();
    Get(*value);
    v = std::move(value);
  }
  template <typename T>
  void Get(std::vector<T>& v) {
    const std::uint32_t n = in_.Count(1);
    for (std::uint32_t i = 0; i < n && in_.ok(); ++i) Get(v.emplace_back());
  }
  template <typename T>
  void Get(std::map<std::string, T, std::less<>>& v) {
    const std::uint32_t n = in_.Count(4);
    for (std::uint32_t i = 0; i < n && in_.ok(); ++i) {
      std::string name;
      Get(name);
      Get(v[std::move(name)]);
    }
  }
  template <typename T>
    requires requires(InArchive& ar, T& v) { Fields(ar, v); }
  void Get(T& v) {
    Fields(*this, v);
  }

  Reader in_;
};

}  // namespace steelie::control
