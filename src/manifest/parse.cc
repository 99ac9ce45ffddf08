#include "manifest/parse.h"

#include <array>

#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

constexpr char kPackages[] = "Packages";
constexpr char kMarbles[] = "Marbles";
constexpr char kSecrets[] = "Secrets";
constexpr char kUsers[] = "Users";
constexpr char kRoles[] = "Roles";
constexpr char kRecoveryKeys[] = "RecoveryKeys";
constexpr char kTLS[] = "TLS";

constexpr std::string_view kUnsupported = "manifest.section.unsupported";

// Reader of a section that maps names to entries.
template <auto kSection, const char* kName, auto kReadEntry>
void Section(Decoder& d, JsonValue v, const Path& path, Manifest& out) {
  d.Enter(kName, "");
  ReadMap(d, v, path, out.*kSection, [&](JsonValue value, const Path& at, auto& entry) {
    d.Enter(kName, at.Name());
    kReadEntry(d, value, at, entry);
  });
  d.Enter("", "");
}

void ReadRecoveryKey(Decoder& d, JsonValue v, const Path& path, std::string& out) {
  if (!v.is_null()) d.Read(v, path, out);
}

void ConfigSection(Decoder& d, JsonValue v, const Path& path, Manifest& out) {
  d.Enter("Config", "");
  ReadConfig(d, v, path, out.config);
  d.Enter("", "");
}

void WarnOfRemoved(Decoder& d, JsonValue v, const Path& path) {
  if (v.size() == 0) return;
  d.Warn(v, path, kUnsupported,
         "the section " + Quoted(path.Name()) + " is not supported and has no effect; remove it");
}

void Infrastructures(Decoder& d, JsonValue v, const Path& path, Manifest& out) {
  WarnOfRemoved(d, v, path);
  out.has_infrastructures = v.kind() == JsonKind::kObject && v.size() > 0;
}

void Removed(Decoder& d, JsonValue v, const Path& path, Manifest& /*out*/) { WarnOfRemoved(d, v, path); }

constexpr std::array<Field<Manifest>, 11> kSections = {{
    {kPackages, Section<&Manifest::packages, kPackages, ReadPackage>},
    {"Infrastructures", Infrastructures},
    {kMarbles, Section<&Manifest::marbles, kMarbles, ReadMarble>},
    {kSecrets, Section<&Manifest::secrets, kSecrets, ReadSecret>},
    {kUsers, Section<&Manifest::users, kUsers, ReadUser>},
    {kRoles, Section<&Manifest::roles, kRoles, ReadRole>},
    {kRecoveryKeys, Section<&Manifest::recovery_keys, kRecoveryKeys, ReadRecoveryKey>},
    {kTLS, Section<&Manifest::tls, kTLS, ReadTlsTag>},
    {"Config", ConfigSection},
    {"Clients", Removed},
    {"Admins", Removed},
}};

}  // namespace

void ReadManifest(Decoder& d, const JsonDocument& document, Manifest& out) {
  const Path top;
  if (!document.root().is_null() && document.root().kind() != JsonKind::kObject) {
    return d.Error(document.root(), top, "manifest.document.type",
                   "a manifest is a JSON object; found " + Describe(document.root()));
  }
  ReadObject(d, document.root(), top, "the manifest", kSections, out);
}

}  // namespace steelie::manifest
