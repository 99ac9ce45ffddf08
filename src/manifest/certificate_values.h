#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate_profile.h"
#include "manifest/decoder.h"

namespace steelie::manifest {

// Readers of the kinds of values that occur in certificate templates. Internal to this folder. Values out of range are
// `manifest.secret.cert_value`.

/// A list of objects; nulls are entries with default values.
template <typename T, typename F>
void ReadObjects(Decoder& d, JsonValue v, const Path& path, std::vector<T>& out, F&& read) {
  if (v.kind() != JsonKind::kArray) return d.WrongType(v, path, "a list");
  v.ForEachElement([&](JsonValue element) {
    T item{};
    read(element, Path(path, out.size()), item);
    out.push_back(std::move(item));
  });
}

/// Whether the content of a list element is worth judging: it has no wrong type, which would have been reported.
inline bool IsObjectOrNull(JsonValue v) { return v.is_null() || v.kind() == JsonKind::kObject; }

/// Go's numbers: 0 automatic, 10 to 12 ECDSA with SHA-256, 384, 512.
void ReadSignatureAlgorithm(Decoder& d, JsonValue v, const Path& path, int& digest_bits);
/// A time as in RFC 3339, from 1970 to the end of the year 9999. The year 1 is "unset".
void ReadNotAfter(Decoder& d, JsonValue v, const Path& path, std::optional<CertificateTime>& out);
void ReadKeyUsage(Decoder& d, JsonValue v, const Path& path, std::uint32_t& out);
void ReadExtKeyUsage(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<int>>& out);
/// An object identifier as a list of integers.
void ReadArcs(Decoder& d, JsonValue v, const Path& path, CertificateProfile::Arcs& out);
void ReadArcsList(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::Arcs>& out);
/// Object identifiers as dotted text.
void ReadPolicies(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::Arcs>& out);
/// Texts for IA5String.
void ReadAsciiList(Decoder& d, JsonValue v, const Path& path, std::vector<std::string>& out);
void ReadOptionalAsciiList(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<std::string>>& out);
void ReadIpAddresses(Decoder& d, JsonValue v, const Path& path, std::optional<std::vector<Bytes>>& out);
/// Objects with `IP` (text) and `Mask` (base64).
void ReadIpRanges(Decoder& d, JsonValue v, const Path& path, std::vector<CertificateProfile::IpRange>& out);
/// Objects with the members of Go's URL; the text is put together from them.
void ReadUris(Decoder& d, JsonValue v, const Path& path, std::vector<std::string>& out);

}  // namespace steelie::manifest
