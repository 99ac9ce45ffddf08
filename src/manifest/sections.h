#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "manifest/decoder.h"
#include "manifest/model.h"

namespace steelie::manifest {

// Readers of the sections' entries; the entry may be null. Internal to this folder.

void ReadPackage(Decoder& d, JsonValue v, const Path& path, Package& out);
void ReadMarble(Decoder& d, JsonValue v, const Path& path, Marble& out);
void ReadSecret(Decoder& d, JsonValue v, const Path& path, Secret& out);
void ReadUser(Decoder& d, JsonValue v, const Path& path, User& out);
void ReadRole(Decoder& d, JsonValue v, const Path& path, Role& out);
void ReadTlsTag(Decoder& d, JsonValue v, const Path& path, TlsTag& out);
void ReadConfig(Decoder& d, JsonValue v, const Path& path, Config& out);
void ReadFileValue(Decoder& d, JsonValue v, const Path& path, FileValue& out);
/// The member `Cert` of a secret: a template object, or base64 of a certificate.
void ReadCert(Decoder& d, JsonValue v, const Path& path, Secret& out);
/// A time as in `2030-01-31T12:00:00+02:00`, years 0000 to 9999, fractions of seconds cut off; nothing if it is none.
std::optional<std::chrono::sys_seconds> ParseRfc3339(std::string_view text);
/// A DNS name with an optional leading `*.`, an address, or a range in CIDR notation.
bool IsAllowedNamePattern(std::string_view text);

/// First pass over a document that was read: fills `out`, as far as it can.
void ReadManifest(Decoder& d, const JsonDocument& document, Manifest& out);

}  // namespace steelie::manifest
