#include "pki/leaf.h"

#include <algorithm>
#include <array>

#include "crypto/der.h"

namespace steelie::pki {
namespace {

constexpr std::uint64_t kMaxDays = 3'000'000;  // beyond the year 9999

// The attributes that survive from a request's subject, in the order of Go's pkix.Name, which existing clients expect.
struct KnownAttribute {
  std::string_view oid;
  bool kept;
};
constexpr std::string_view kCommonNameOid = "2.5.4.3";
constexpr std::array kSubjectOrder = {
    KnownAttribute{"2.5.4.6", true},  KnownAttribute{"2.5.4.8", true},       KnownAttribute{"2.5.4.7", true},
    KnownAttribute{"2.5.4.9", true},  KnownAttribute{"2.5.4.17", true},      KnownAttribute{"2.5.4.10", false},
    KnownAttribute{"2.5.4.11", true}, KnownAttribute{kCommonNameOid, false}, KnownAttribute{"2.5.4.5", true}};

Bytes Attribute(std::string_view oid, std::string_view value) {
  return der::Sequence({der::Oid(oid), der::DirectoryString(value)});
}

void AppendRdn(Bytes& name, std::vector<Bytes> attributes) {
  if (attributes.empty()) return;
  const Bytes rdn = der::SetOf(std::move(attributes));
  name.insert(name.end(), rdn.begin(), rdn.end());
}

Bytes MarbleSubject(const CertificateRequest& request, const Uuid& uuid) {
  Bytes content;
  for (const KnownAttribute& known : kSubjectOrder) {
    std::vector<Bytes> attributes;
    if (known.oid == kCommonNameOid) {
      attributes.push_back(Attribute(known.oid, uuid.ToString()));
    } else if (known.kept) {
      for (const NameAttribute& a : request.subject) {
        if (a.oid == known.oid) attributes.push_back(Attribute(a.oid, a.value));
      }
    }
    AppendRdn(content, std::move(attributes));
  }
  return der::Element(der::kSequence, content);
}

CertificateTime AddDays(CertificateTime from, std::uint64_t days) {
  return from + std::chrono::days(static_cast<int>(std::min(days, kMaxDays)));
}

}  // namespace

Result<Bytes> IssueMarbleCertificate(const Authority& authority, const CertificateRequest& request, const Uuid& uuid,
                                     std::string_view marble_type, const PublicKey& key, const SerialNumber& serial,
                                     std::uint64_t validity_days, Instant now) {
  static const std::vector<Extension> kFixed = {KeyUsage(kDigitalSignature | kKeyAgreement), ServerAndClientAuth(),
                                                BasicConstraints(false)};
  CertificateContent content;
  content.serial = serial;
  content.issuer = authority.issuer_name();
  content.subject = MarbleSubject(request, uuid);
  const CertificateTime second = std::chrono::floor<std::chrono::seconds>(now);
  content.not_before = second - kBackdating;
  content.not_after = validity_days == 0 ? content.not_before + kLongLifetime : AddDays(second, validity_days);
  content.spki = key.spki();
  content.extensions = kFixed;
  content.extensions.push_back(AuthorityKeyIdentifier(authority.issuer_key_id()));
  if (!request.dns_names.empty() || !request.ip_addresses.empty()) {
    content.extensions.push_back(SubjectAlternativeName(request.dns_names, request.ip_addresses, {}, {}, false));
  }
  content.extensions.push_back({kMarbleTypeOid, false, ToBytes(marble_type)});
  return SignCertificate(content, authority.intermediate_key());
}

Result<Bytes> IssueSelfSigned(std::string_view common_name, const PrivateKey& key,
                              const std::vector<std::string>& dns_names, const std::vector<Bytes>& ip_addresses,
                              const SerialNumber& serial, Instant now) {
  CertificateContent content;
  content.serial = serial;
  content.issuer = CommonNameOnly(common_name);
  content.subject = content.issuer;
  content.not_before = std::chrono::floor<std::chrono::seconds>(now) - kBackdating;
  content.not_after = content.not_before + kLongLifetime;
  content.spki = key.public_key().spki();
  content.extensions = {KeyUsage(kDigitalSignature | kKeyAgreement), ServerAndClientAuth(), BasicConstraints(false)};
  if (!dns_names.empty() || !ip_addresses.empty()) {
    content.extensions.push_back(SubjectAlternativeName(dns_names, ip_addresses, {}, {}, false));
  }
  return SignCertificate(content, key);
}

}  // namespace steelie::pki
