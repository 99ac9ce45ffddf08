#include "crypto/der.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.h"

namespace steelie::der {
namespace {

void AppendLength(Bytes& out, std::size_t n) {
  if (n < 0x80) {
    out.push_back(static_cast<std::uint8_t>(n));
    return;
  }
  std::array<std::uint8_t, 8> big{};
  std::size_t used = 0;
  for (std::size_t v = n; v > 0; v >>= 8U) big[used++] = static_cast<std::uint8_t>(v);
  out.push_back(static_cast<std::uint8_t>(0x80U | used));
  while (used > 0) out.push_back(big[--used]);
}

void AppendBase128(Bytes& out, std::uint64_t v) {
  std::array<std::uint8_t, 10> groups{};
  std::size_t used = 0;
  do {
    groups[used++] = static_cast<std::uint8_t>(v & 0x7fU);
    v >>= 7U;
  } while (v > 0);
  while (used > 1) out.push_back(static_cast<std::uint8_t>(groups[--used] | 0x80U));
  out.push_back(groups[0]);
}

bool IsPrintable(std::string_view text) {
  constexpr std::string_view kOthers = " '()+,-./:=?";
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace

Bytes Element(std::uint8_t tag, ByteView content) {
  Bytes out;
  out.reserve(content.size() + 6);
  out.push_back(tag);
  AppendLength(out, content.size());
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes Concat(std::initializer_list<ByteView> parts) {
  Bytes out;
  std::size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  out.reserve(size);
  for (const ByteView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Bytes SetOf(std::vector<Bytes> elements) {
  std::ranges::sort(elements);
  Bytes content;
  for (const Bytes& e : elements) content.insert(content.end(), e.begin(), e.end());
  return Element(kSet, content);
}

Bytes Boolean(bool value) { return Element(kBoolean, Bytes{static_cast<std::uint8_t>(value ? 0xff : 0x00)}); }

Bytes Integer(std::uint64_t value) {
  Bytes big;
  for (int shift = 56; shift >= 0; shift -= 8) big.push_back(static_cast<std::uint8_t>(value >> shift));
  return UnsignedInteger(big);
}

Bytes UnsignedInteger(ByteView big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == 0) big_endian = big_endian.subspan(1);
  Bytes content;
  if (big_endian.empty() || big_endian.front() >= 0x80) content.push_back(0);
  content.insert(content.end(), big_endian.begin(), big_endian.end());
  return Element(kInteger, content);
}

Bytes OctetString(ByteView content) { return Element(kOctetString, content); }

Bytes BitString(ByteView content) { return Element(kBitString, Concat({Bytes{0}, content})); }

Bytes NamedBits(std::uint32_t bits) {
  Bytes content{0};
  int last = -1;
  for (int i = 0; i < 32; ++i) {
    if ((bits >> i & 1U) != 0) last = i;
  }
  for (int byte = 0; byte * 8 <= last; ++byte) {
    std::uint8_t value = 0;
    for (int i = 0; i < 8; ++i) {
      if ((bits >> (byte * 8 + i) & 1U) != 0) value = static_cast<std::uint8_t>(value | (0x80U >> i));
    }
    content.push_back(value);
  }
  if (last >= 0) content[0] = static_cast<std::uint8_t>(7 - last % 8);
  return Element(kBitString, content);
}

Bytes Null() { return {0x05, 0x00}; }

Bytes Oid(const std::vector<std::uint64_t>& arcs) {
  STEELIE_CHECK(arcs.size() >= 2 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40));
  Bytes content;
  AppendBase128(content, arcs[0] * 40 + arcs[1]);
  for (std::size_t i = 2; i < arcs.size(); ++i) AppendBase128(content, arcs[i]);
  return Element(kOid, content);
}

Bytes Oid(std::string_view dotted) {
  const auto arcs = ParseOid(dotted);
  STEELIE_CHECK(arcs.has_value());
  return Oid(*arcs);
}

Bytes DirectoryString(std::string_view text) {
  return Element(IsPrintable(text) ? kPrintableString : kUtf8String, AsBytes(text));
}

Bytes Time(CertificateTime t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(t - days));
  const int year = static_cast<int>(date.year());
  std::array<char, 64> text{};
  const bool utc = year >= 1950 && year < 2050;
  std::snprintf(text.data(), text.size(), utc ? "%02d%02u%02u%02d%02d%02dZ" : "%04d%02u%02u%02d%02d%02dZ",
                utc ? year % 100 : year, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return Element(utc ? kUtcTime : kGeneralizedTime, AsBytes(text.data()));
}

Result<std::vector<std::uint64_t>> ParseOid(std::string_view dotted) {
  const Error bad(Code::kInvalidArgument, "der.oid",
                  "not an object identifier: `" + std::string(dotted.substr(0, 80)) + "`");
  std::vector<std::uint64_t> arcs;
  std::uint64_t value = 0;
  bool digits = false;
  for (std::size_t i = 0; i <= dotted.size(); ++i) {
    if (i == dotted.size() || dotted[i] == '.') {
      if (!digits) return bad;
      arcs.push_back(value);
      value = 0;
      digits = false;
      continue;
    }
    const char c = dotted[i];
    if (c < '0' || c > '9' || value > (~std::uint64_t{0} - 9) / 10) return bad;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    digits = true;
  }
  if (arcs.size() < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] >= 40) || arcs[1] > (~std::uint64_t{0} - 80))
    return bad;
  return arcs;
}

}  // namespace steelie::der
