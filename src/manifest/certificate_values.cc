#include "manifest/certificate_values.h"

#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/x509.h"
#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

constexpr std::string_view kReason = "manifest.secret.cert_value";

void BadValue(Decoder& d, JsonValue v, const Path& path, const std::string& expected) {
  d.Error(v, path, kReason, Quoted(path.Name()) + ": expected " + expected);
}

void CheckArcs(Decoder& d, JsonValue v, const Path& path, const CertificateProfile::Arcs& arcs) {
  constexpr std::size_t kMost = 128;
  const bool good = arcs.size() >= 2 && arcs.size() <= kMost && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40) &&
                    arcs[1] <= UINT64_MAX - 80;
  if (!good) BadValue(d, v, path, "an object identifier, such as 1.3.6.1.5.5.7.3.1");
}

// As Go: an IPv4 address in IPv6 form is an IPv4 address.
std::optional<Bytes> Address(std::string_view text) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::size_t kLongest = 45;
  if (text.size() > kLongest) return std::nullopt;
  auto address = ParseIp(std::string(text));
  if (address && address->size() == 16 && PublicEqual(ByteView(*address).first(kMapped.size()), kMapped)) {
    address->erase(address->begin(), address->begin() + kMapped.size());
  }
  return address;
}

struct RangeDraft {
  std::string address;
  Bytes mask;
};

constexpr std::array<Field<RangeDraft>, 2> kRangeFields = {{
    {"IP", Into<&RangeDraft::address>},
    {"Mask", Into<&RangeDraft::mask>},
}};

// Go's url.URL. `User` holds only private fields there, so nothing of it arrives.
struct Url {
  std::string scheme, opaque, host, path, raw_path, raw_query, fragment, raw_fragment;
  bool force_query = false;
  bool omit_host = false;
};

void IgnoreUser(Decoder& /*d*/, JsonValue /*v*/, const Path& /*path*/, Url& /*out*/) {}

constexpr std::array<Field<Url>, 11> kUrlFields = {{
    {"Scheme", Into<&Url::scheme>},
    {"Opaque", Into<&Url::opaque>},
    {"User", IgnoreUser},
    {"Host", Into<&Url::host>},
    {"Path", Into<&Url::path>},
    {"RawPath", Into<&Url::raw_path>},
    {"OmitHost", Into<&Url::omit_host>},
    {"ForceQuery", Into<&Url::force_query>},
    {"RawQuery", Into<&Url::raw_query>},
    {"Fragment", Into<&Url::fragment>},
    {"RawFragment", Into<&Url::raw_fragment>},
}};

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kAsIs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@";
  std::string out;
  for (const char c : text) {
    if (kAsIs.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      std::string hex = HexEncode({&byte, 1});
      for (char& digit : hex) digit = digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
      out += "%" + hex;
    }
  }
  return out;
}

std::string Assemble(const Url& url) {
  std::string out;
  if (!url.scheme.empty()) out += url.scheme + ":";
  if (!url.opaque.empty()) {
    out += url.opaque;
  } else {
    if (!url.host.empty() || (!url.scheme.empty() && !url.omit_host && url.path.starts_with("/"))) {
      out += "//" + url.host;
    }
    const std::string path = url.raw_path.empty() ? PercentEncoded(url.path) : url.raw_path;
    if (!path.empty() && !path.starts_with("/") && !url.host.empty()) out += "/";
    out += path;
  }
  if (url.force_query || !url.raw_query.empty()) out += "?" + url.raw_query;
  if (!url.fragment.empty()) out += "#" + (url.raw_fragment.empty() ? PercentEncoded(url.fragment) : url.raw_fragment);
  return out;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void ReadSignatureAlgorithm(Decoder& d, JsonValue v, const Path& path, int& digest_bits) {
  std::int64_t number = 0;
  d.Read(v, path, number);
  switch (number) {
    case 0:
      digest_bits = 0;
      return;
    case 10:
      digest_bits = 256;
      return;
    case 11:
      digest_bits = 384;
      return;
    case 12:
      digest_bits = 512;
      return;
    default:
      BadValue(d, v, path, "0 (automatic) or 10, 11, 12 (ECDSA with SHA-256, SHA-384, SHA-512), found " + Describe(v));
  }
}

void ReadNotAfter(Decoder& d, JsonValue v, const Path& path, std::optional<CertificateTime>& out) {
  using std::chrono::sys_days;
  using std::chrono::year;
  std::string text;
  d.Read(v, path, text);
  if (v.kind() != JsonKind::kString) return;
  constexpr std::chrono::sys_seconds kUnset = sys_days(year(1) / 1 / 1);
  constexpr std::chrono::sys_seconds kFirst = sys_days(year(1970) / 1 / 1);
  constexpr std::chrono::sys_seconds kEnd = sys_days(year(10000) / 1 / 1);
  const auto time = ParseRfc3339(text);
  if (time == kUnset) return;
  if (!time || *time < kFirst || *time >= kEnd) {
    return BadValue(d, v, path, "a time after 1970 such as `2030-01-31T12:00:00Z`, found " + Quoted(text));
  }
  out = *time;
}

void ReadKeyUsage(Decoder& d, JsonValue v, const Path& path, std::uint32_t& out) {
  constexpr std::int64_t kAll = 0x1ff;
  std::int64_t bits = 0;
  d.Read(v, path, bits);
  if (bits < 0 || bits > kAll) return BadValue(d, v, path, "a bit mask from 0 to 511, found " + Describe(v));
  out = static_cast<std::uint32_t>(bits);
}

void ReadExtKeyUsage(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<int>>& out) {
  constexpr std::int64_t kLast = 13;
  std::vector<std::int64_t> numbers;
  d.Read(v, path, numbers);
  if (v.kind() != JsonKind::kArray) return;
  std::vector<int> usages;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 0 || numbers[i] > kLast) {
      BadValue(d, v, path, "numbers from 0 (any) to 13, found " + std::to_string(numbers[i]));
    } else {
      usages.push_back(static_cast<int>(numbers[i]));
    }
  }
  out = std::move(usages);
}

void ReadArcs(Decoder& d, JsonValue v, const Path& path, CertificateProfile::Arcs& out) {
  if (v.kind() != JsonKind::kArray) return d.WrongType(v, path, "a list of integers (an object identifier)");
  d.Read(v, path, out);
  CheckArcs(d, v, path, out);
}

void ReadArcsList(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::Arcs>& out) {
  ReadObjects(d, v, path, out, [&](JsonValue element, const Path& at, CertificateProfile::Arcs& arcs) {
    ReadArcs(d, element, at, arcs);
  });
}

void ReadPolicies(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::Arcs>& out) {
  ReadObjects(d, v, path, out, [&](JsonValue element, const Path& at, CertificateProfile::Arcs& arcs) {
    std::string text;
    d.Read(element, at, text);
    if (element.kind() != JsonKind::kString) return;
    auto parsed = der::ParseOid(text);
    if (!parsed) return BadValue(d, element, at, "a dotted object identifier, found " + Quoted(text));
    arcs = std::move(*parsed);
    CheckArcs(d, element, at, arcs);
  });
}

void ReadAsciiList(Decoder& d, JsonValue v, const Path& path, std::vector<std::string>& out) {
  d.Read(v, path, out);
  for (const std::string& text : out) {
    if (!IsAscii(text)) BadValue(d, v, path, "ASCII text (other names in their encoded form), found " + Quoted(text));
  }
}

void ReadOptionalAsciiList(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<std::string>>& out) {
  if (v.kind() == JsonKind::kArray) out.emplace();
  std::vector<std::string> list;
  ReadAsciiList(d, v, path, list);
  if (out) *out = std::move(list);
}

void ReadIpAddresses(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<Bytes>>& out) {
  std::vector<Bytes> list;
  ReadObjects(d, v, path, list, [&](JsonValue element, const Path& at, Bytes& address) {
    std::string text;
    d.Read(element, at, text);
    if (element.kind() != JsonKind::kString) return;
    auto parsed = Address(text);
    if (!parsed) return BadValue(d, element, at, "an IP address, found " + Quoted(text));
    address = std::move(*parsed);
  });
  if (v.kind() == JsonKind::kArray) out = std::move(list);
}

void ReadIpRanges(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::IpRange>& out) {
  ReadObjects(d, v, path, out, [&](JsonValue element, const Path& at, CertificateProfile::IpRange& range) {
    RangeDraft draft;
    ReadObject(d, element, at, "an address range", kRangeFields, draft, Unknown::kWarn);
    if (!IsObjectOrNull(element)) return;
    auto address = Address(draft.address);
    if (!address || address->size() != draft.mask.size()) {
      return BadValue(d, element, at, "an address `IP` and a `Mask` of the same length");
    }
    range = {.address = std::move(*address), .mask = std::move(draft.mask)};
  });
}

void ReadUris(Decoder& d, JsonValue v, const Path& path, std::vector<std::string>& out) {
  ReadObjects(d, v, path, out, [&](JsonValue element, const Path& at, std::string& uri) {
    Url url;
    ReadObject(d, element, at, "a URI", kUrlFields, url, Unknown::kWarn);
    if (!IsObjectOrNull(element)) return;
    uri = Assemble(url);
    if (!IsAscii(uri) || uri.empty()) BadValue(d, element, at, "a URI in ASCII with `Scheme`, `Host` or `Path`");
  });
}

}  // namespace steelie::manifest
