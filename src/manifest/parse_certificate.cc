#include <algorithm>
#include <array>

#include "crypto/x509.h"
#include "manifest/certificate_values.h"
#include "manifest/sections.h"

namespace steelie::manifest {
namespace {

using Profile = CertificateProfile;
using Name = CertificateProfile::Name;

// What is judged when all members are known.
struct CertDraft {
  Profile profile;
  std::int64_t max_path_len = 0;
  bool max_path_len_zero = false;
};

template <auto kMember>
void P(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  d.Read(v, path, out.profile.*kMember);
}

template <auto kMember, auto kRead>
void P2(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  kRead(d, v, path, out.profile.*kMember);
}

template <auto kSet, auto kList>
void Constraint(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  auto& list = out.profile.*kSet.*kList;
  ReadAsciiList(d, v, path, list);
}

template <auto kSet>
void RangeConstraint(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  ReadIpRanges(d, v, path, (out.profile.*kSet).ip);
}

template <typename T, JsonKind kKind>
void Ignored(Decoder& d, JsonValue v, const Path& path, T& /*out*/) {
  constexpr std::array<std::string_view, 6> kNames = {"null", "a bool", "a number", "a string", "a list", "an object"};
  if (v.kind() != kKind) return d.WrongType(v, path, kNames[static_cast<std::size_t>(kKind)]);
  d.Warn(v, path, "manifest.secret.cert_ignored",
         "the member " + Quoted(path.Name()) + " of a certificate template has no effect; remove it");
}

void IgnoredAny(Decoder& d, JsonValue v, const Path& path, CertDraft& /*out*/) {
  d.Warn(v, path, "manifest.secret.cert_ignored",
         "the member " + Quoted(path.Name()) + " of a certificate template has no effect; remove it");
}

constexpr auto kIgnoredText = Ignored<CertDraft, JsonKind::kString>;
constexpr auto kIgnoredNumber = Ignored<CertDraft, JsonKind::kNumber>;
constexpr auto kIgnoredList = Ignored<CertDraft, JsonKind::kArray>;
constexpr auto kIgnoredObject = Ignored<CertDraft, JsonKind::kObject>;

void ExtraNameType(Decoder& d, JsonValue v, const Path& path, Profile::ExtraName& out) {
  ReadArcs(d, v, path, out.type);
}

constexpr std::array<Field<Profile::ExtraName>, 2> kExtraNameFields = {{
    {"Type", ExtraNameType},
    {"Value", Into<&Profile::ExtraName::value>},
}};

void ReadExtraNames(Decoder& d, JsonValue v, const Path& path, Name& out) {
  ReadObjects(d, v, path, out.extra_names, [&](JsonValue element, const Path& at, Profile::ExtraName& name) {
    ReadObject(d, element, at, "a name attribute", kExtraNameFields, name, Unknown::kWarn);
    if (name.type.empty() && IsObjectOrNull(element))
      d.Error(element, at, "manifest.secret.cert_value", "an extra name needs a `Type`");
  });
}

constexpr std::array<Field<Name>, 11> kSubjectFields = {{
    {"Country", Into<&Name::country>},
    {"Organization", Into<&Name::organization>},
    {"OrganizationalUnit", Into<&Name::organizational_unit>},
    {"Locality", Into<&Name::locality>},
    {"Province", Into<&Name::province>},
    {"StreetAddress", Into<&Name::street_address>},
    {"PostalCode", Into<&Name::postal_code>},
    {"CommonName", Into<&Name::common_name>},
    {"SerialNumber", Into<&Name::serial_number>},
    {"ExtraNames", ReadExtraNames},
    {"Names", Ignored<Name, JsonKind::kArray>},
}};

void ReadSubject(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  ReadObject(d, v, path, "the subject of a certificate template", kSubjectFields, out.profile.subject, Unknown::kWarn);
}

void ExtensionId(Decoder& d, JsonValue v, const Path& path, Profile::ExtraExtension& out) {
  ReadArcs(d, v, path, out.id);
}

constexpr std::array<Field<Profile::ExtraExtension>, 3> kExtensionFields = {{
    {"Id", ExtensionId},
    {"Critical", Into<&Profile::ExtraExtension::critical>},
    {"Value", Into<&Profile::ExtraExtension::value>},
}};

void ReadExtensions(Decoder& d, JsonValue v, const Path& path, CertDraft& out) {
  ReadObjects(d, v, path, out.profile.extra_extensions,
              [&](JsonValue element, const Path& at, Profile::ExtraExtension& extension) {
                ReadObject(d, element, at, "an extension", kExtensionFields, extension, Unknown::kWarn);
                if (extension.id.empty() && IsObjectOrNull(element)) {
                  d.Error(element, at, "manifest.secret.cert_value", "an extension needs an `Id`");
                }
              });
}

constexpr std::array kCertFields = std::to_array<Field<CertDraft>>({
    {"SignatureAlgorithm", P2<&Profile::signature_digest_bits, ReadSignatureAlgorithm>},
    {"Subject", ReadSubject},
    {"NotAfter", P2<&Profile::not_after, ReadNotAfter>},
    {"KeyUsage", P2<&Profile::key_usage, ReadKeyUsage>},
    {"ExtKeyUsage", P2<&Profile::ext_key_usage, ReadExtKeyUsage>},
    {"UnknownExtKeyUsage", P2<&Profile::unknown_ext_key_usage, ReadArcsList>},
    {"IsCA", P<&Profile::is_ca>},
    {"MaxPathLen", Into<&CertDraft::max_path_len>},
    {"MaxPathLenZero", Into<&CertDraft::max_path_len_zero>},
    {"SubjectKeyId", P<&Profile::subject_key_id>},
    {"AuthorityKeyId", Ignored<CertDraft, JsonKind::kString>},
    {"OCSPServer", P2<&Profile::ocsp_server, ReadAsciiList>},
    {"IssuingCertificateURL", P2<&Profile::issuing_certificate_url, ReadAsciiList>},
    {"CRLDistributionPoints", P2<&Profile::crl_distribution_points, ReadAsciiList>},
    {"DNSNames", P2<&Profile::dns_names, ReadOptionalAsciiList>},
    {"EmailAddresses", P2<&Profile::email_addresses, ReadAsciiList>},
    {"IPAddresses", P2<&Profile::ip_addresses, ReadIpAddresses>},
    {"URIs", P2<&Profile::uris, ReadUris>},
    {"PermittedDNSDomains", Constraint<&Profile::permitted, &Profile::NameConstraints::dns>},
    {"ExcludedDNSDomains", Constraint<&Profile::excluded, &Profile::NameConstraints::dns>},
    {"PermittedEmailAddresses", Constraint<&Profile::permitted, &Profile::NameConstraints::email>},
    {"ExcludedEmailAddresses", Constraint<&Profile::excluded, &Profile::NameConstraints::email>},
    {"PermittedURIDomains", Constraint<&Profile::permitted, &Profile::NameConstraints::uri>},
    {"ExcludedURIDomains", Constraint<&Profile::excluded, &Profile::NameConstraints::uri>},
    {"PermittedIPRanges", RangeConstraint<&Profile::permitted>},
    {"ExcludedIPRanges", RangeConstraint<&Profile::excluded>},
    {"PermittedDNSDomainsCritical", P<&Profile::name_constraints_critical>},
    {"Policies", P2<&Profile::policies, ReadPolicies>},
    {"ExtraExtensions", ReadExtensions},
    {"RawSubject", P<&Profile::raw_subject>},
    // Overwritten, or not looked at, when a certificate is issued.
    {"PolicyIdentifiers", kIgnoredList},
    {"SerialNumber", kIgnoredNumber},
    {"NotBefore", kIgnoredText},
    {"BasicConstraintsValid", Ignored<CertDraft, JsonKind::kBool>},
    {"Issuer", kIgnoredObject},
    {"Version", kIgnoredNumber},
    {"PublicKey", IgnoredAny},
    {"PublicKeyAlgorithm", kIgnoredNumber},
    {"Signature", kIgnoredText},
    {"Extensions", kIgnoredList},
    {"UnhandledCriticalExtensions", kIgnoredList},
    {"Raw", kIgnoredText},
    {"RawIssuer", kIgnoredText},
    {"RawSubjectPublicKeyInfo", kIgnoredText},
    {"RawTBSCertificate", kIgnoredText},
});

// Go's rules: -1 is no limit, and so is 0 unless MaxPathLenZero says that it is meant.
void ResolvePathLength(Decoder& d, JsonValue v, const Path& path, CertDraft& draft) {
  constexpr std::int64_t kLongest = 255;
  const std::int64_t length = draft.max_path_len;
  if (length == -1 || (length == 0 && !draft.max_path_len_zero)) return;
  if (length < 0 || length > kLongest) {
    return d.Error(v, path, "manifest.secret.cert_value", "`MaxPathLen` must be between -1 and 255");
  }
  if (!draft.profile.is_ca) {
    return d.Error(v, path, "manifest.secret.cert_value", "`MaxPathLen` is for certificates with `IsCA` only");
  }
  draft.profile.max_path_len = static_cast<int>(length);
}

}  // namespace

void ReadCert(Decoder& d, JsonValue v, const Path& path, Secret& out) {
  if (v.kind() == JsonKind::kString) {
    auto der = Base64Decode(v.text());
    if (!der) {
      return d.Warn(v, path, "manifest.secret.cert_base64",
                    "`Cert` is text but not base64, so it counts as absent (" + der.error().message() +
                        "); give the DER of a certificate in base64, or an object");
    }
    const auto certificate = Certificate::FromDer(*der);
    if (!certificate) {
      return d.Error(v, path, "manifest.secret.cert_der",
                     "`Cert` is base64 but not of an X.509 certificate in DER: " + certificate.error().message());
    }
    out.preset_certificate = std::move(*der);
    return;
  }
  if (v.kind() != JsonKind::kObject) return d.WrongType(v, path, "a certificate template (object) or base64 text");
  CertDraft draft;
  ReadObject(d, v, path, "a certificate template", kCertFields, draft, Unknown::kWarn);
  ResolvePathLength(d, v, path, draft);
  out.profile = std::move(draft.profile);
}

}  // namespace steelie::manifest
