#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "pki/leaf.h"

namespace steelie::pki {
namespace {

Error Bad(std::string_view member, const std::string& why) {
  return Error(Code::kInvalidArgument, "pki.profile", "Cert." + std::string(member) + ": " + why);
}

Bytes Join(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0; });
}

Status CheckAscii(std::string_view member, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (!IsAscii(value)) return Bad(member, "`" + value.substr(0, 80) + "` is not ASCII");
  }
  return Ok();
}

bool ValidArcs(const CertificateProfile::Arcs& arcs) {
  return arcs.size() >= 2 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40);
}

std::string Dotted(const CertificateProfile::Arcs& arcs) {
  std::string out;
  for (const std::uint64_t arc : arcs) out += (out.empty() ? "" : ".") + std::to_string(arc);
  return out;
}

// RFC 5280 appendix A.1, in the order of Go's pkix.Name. An extra name of a type suppresses the member of that type.
Result<Bytes> Subject(const CertificateProfile& profile, const std::string& common_name) {
  if (profile.raw_subject) return *profile.raw_subject;
  const CertificateProfile::Name& name = profile.subject;
  struct Member {
    std::string_view oid;
    std::vector<std::string> values;
  };
  const auto single = [](const std::string& v) { return v.empty() ? std::vector<std::string>() : std::vector{v}; };
  const std::array members = {Member{"2.5.4.6", name.country},
                              Member{"2.5.4.8", name.province},
                              Member{"2.5.4.7", name.locality},
                              Member{"2.5.4.9", name.street_address},
                              Member{"2.5.4.17", name.postal_code},
                              Member{"2.5.4.10", name.organization},
                              Member{"2.5.4.11", name.organizational_unit},
                              Member{"2.5.4.3", single(common_name)},
                              Member{"2.5.4.5", single(name.serial_number)}};
  std::vector<Bytes> rdns;
  for (const Member& member : members) {
    const bool suppressed =
        std::ranges::any_of(name.extra_names, [&](const auto& extra) { return Dotted(extra.type) == member.oid; });
    if (suppressed || member.values.empty()) continue;
    std::vector<Bytes> attributes;
    for (const std::string& value : member.values) {
      attributes.push_back(der::Sequence({der::Oid(member.oid), der::DirectoryString(value)}));
    }
    rdns.push_back(der::SetOf(std::move(attributes)));
  }
  for (const auto& extra : name.extra_names) {
    if (!ValidArcs(extra.type)) return Bad("Subject.ExtraNames", "`Type` is not an object identifier");
    rdns.push_back(der::Element(der::kSet, der::Sequence({der::Oid(extra.type), der::DirectoryString(extra.value)})));
  }
  return der::Element(der::kSequence, Join(rdns));
}

// The object identifiers of Go's ExtKeyUsage numbers.
constexpr std::array<std::string_view, 14> kExtKeyUsages = {"2.5.29.37.0",
                                                            "1.3.6.1.5.5.7.3.1",
                                                            "1.3.6.1.5.5.7.3.2",
                                                            "1.3.6.1.5.5.7.3.3",
                                                            "1.3.6.1.5.5.7.3.4",
                                                            "1.3.6.1.5.5.7.3.5",
                                                            "1.3.6.1.5.5.7.3.6",
                                                            "1.3.6.1.5.5.7.3.7",
                                                            "1.3.6.1.5.5.7.3.8",
                                                            "1.3.6.1.5.5.7.3.9",
                                                            "1.3.6.1.4.1.311.10.3.3",
                                                            "2.16.840.1.113730.4.1",
                                                            "1.3.6.1.4.1.311.2.1.22",
                                                            "1.3.6.1.4.1.311.61.1.1"};

Result<std::vector<Bytes>> ExtKeyUsageOids(const CertificateProfile& profile) {
  std::vector<Bytes> oids;
  for (const int usage : profile.ext_key_usage.value_or(std::vector<int>{1, 2})) {
    if (usage < 0 || usage >= static_cast<int>(kExtKeyUsages.size())) {
      return Bad("ExtKeyUsage", std::to_string(usage) + " is not a known usage, expected 0 to 13");
    }
    oids.push_back(der::Oid(kExtKeyUsages[static_cast<std::size_t>(usage)]));
  }
  for (const auto& arcs : profile.unknown_ext_key_usage) {
    if (!ValidArcs(arcs)) return Bad("UnknownExtKeyUsage", "not an object identifier");
    oids.push_back(der::Oid(arcs));
  }
  return oids;
}

// RFC 5280 section 4.2.2.1.
std::optional<Extension> AuthorityInformationAccess(const CertificateProfile& profile) {
  std::vector<Bytes> entries;
  const auto add = [&](std::string_view method, const std::vector<std::string>& urls) {
    for (const std::string& url : urls) {
      entries.push_back(der::Sequence({der::Oid(method), der::Element(der::ContextPrimitive(6), AsBytes(url))}));
    }
  };
  add("1.3.6.1.5.5.7.48.1", profile.ocsp_server);
  add("1.3.6.1.5.5.7.48.2", profile.issuing_certificate_url);
  if (entries.empty()) return std::nullopt;
  return Extension{"1.3.6.1.5.5.7.1.1", false, der::Element(der::kSequence, Join(entries))};
}

// RFC 5280 section 4.2.1.10.
Bytes Subtrees(unsigned tag, const CertificateProfile::NameConstraints& names) {
  std::vector<Bytes> trees;
  const auto add = [&](unsigned type, ByteView value) {
    trees.push_back(der::Sequence({der::Element(der::ContextPrimitive(type), value)}));
  };
  for (const std::string& dns : names.dns) add(2, AsBytes(dns));
  for (const auto& range : names.ip) add(7, der::Concat({range.address, range.mask}));
  for (const std::string& email : names.email) add(1, AsBytes(email));
  for (const std::string& uri : names.uri) add(6, AsBytes(uri));
  return trees.empty() ? Bytes() : der::Element(der::ContextConstructed(tag), Join(trees));
}

std::optional<Extension> NameConstraints(const CertificateProfile& profile) {
  const Bytes content = der::Concat({Subtrees(0, profile.permitted), Subtrees(1, profile.excluded)});
  if (content.empty()) return std::nullopt;
  return Extension{"2.5.29.30", profile.name_constraints_critical, der::Element(der::kSequence, content)};
}

// RFC 5280 section 4.2.1.13.
std::optional<Extension> CrlDistributionPoints(const CertificateProfile& profile) {
  std::vector<Bytes> points;
  for (const std::string& url : profile.crl_distribution_points) {
    const Bytes name = der::Element(der::ContextPrimitive(6), AsBytes(url));
    points.push_back(
        der::Sequence({der::Element(der::ContextConstructed(0), der::Element(der::ContextConstructed(0), name))}));
  }
  if (points.empty()) return std::nullopt;
  return Extension{"2.5.29.31", false, der::Element(der::kSequence, Join(points))};
}

Status AppendNames(const CertificateProfile& profile, bool subject_is_empty, std::vector<Extension>& out) {
  const std::vector<std::string> dns = profile.dns_names.value_or(std::vector<std::string>{"localhost"});
  const std::vector<Bytes> ips =
      profile.ip_addresses.value_or(std::vector<Bytes>{Bytes{127, 0, 0, 1}, *ParseIp("::1")});
  STEELIE_CHECK_OK(CheckAscii("DNSNames", dns));
  STEELIE_CHECK_OK(CheckAscii("EmailAddresses", profile.email_addresses));
  STEELIE_CHECK_OK(CheckAscii("URIs", profile.uris));
  for (const Bytes& ip : ips) {
    if (ip.size() != 4 && ip.size() != 16) return Bad("IPAddresses", "an address has neither 4 nor 16 bytes");
  }
  if (!dns.empty() || !ips.empty() || !profile.email_addresses.empty() || !profile.uris.empty()) {
    out.push_back(SubjectAlternativeName(dns, ips, profile.email_addresses, profile.uris, subject_is_empty));
  }
  return Ok();
}

Status AppendPolicies(const CertificateProfile& profile, std::vector<Extension>& out) {
  std::vector<Bytes> policies;
  for (const auto& arcs : profile.policies) {
    if (!ValidArcs(arcs)) return Bad("Policies", "not an object identifier");
    policies.push_back(der::Sequence({der::Oid(arcs)}));
  }
  if (!policies.empty()) out.push_back({"2.5.29.32", false, der::Element(der::kSequence, Join(policies))});
  return Ok();
}

// An extra extension takes the place of a standard one with the same identifier.
Status AppendExtra(const CertificateProfile& profile, std::vector<Extension>& out) {
  for (const auto& extra : profile.extra_extensions) {
    if (!ValidArcs(extra.id)) return Bad("ExtraExtensions", "`Id` is not an object identifier");
    std::erase_if(out, [&](const Extension& e) { return e.oid == Dotted(extra.id); });
  }
  for (const auto& extra : profile.extra_extensions) out.push_back({Dotted(extra.id), extra.critical, extra.value});
  return Ok();
}

Result<std::vector<Extension>> Extensions(const Authority& authority, const CertificateProfile& profile,
                                          const PublicKey& key, bool subject_is_empty) {
  if (profile.max_path_len && !profile.is_ca) return Bad("MaxPathLen", "only a CA has a path length");
  std::vector<Extension> out;
  out.push_back(KeyUsage(profile.key_usage != 0 ? profile.key_usage : kDigitalSignature | kKeyCertSign));
  STEELIE_TRY(const std::vector<Bytes> usages, ExtKeyUsageOids(profile));
  if (!usages.empty()) out.push_back({"2.5.29.37", false, der::Element(der::kSequence, Join(usages))});
  out.push_back(BasicConstraints(profile.is_ca, profile.max_path_len));
  if (profile.subject_key_id && !profile.subject_key_id->empty()) {
    out.push_back(SubjectKeyIdentifier(*profile.subject_key_id));
  } else if (profile.is_ca) {
    out.push_back(SubjectKeyIdentifier(KeyIdentifier(key)));
  }
  out.push_back(AuthorityKeyIdentifier(authority.issuer_key_id()));
  if (auto access = AuthorityInformationAccess(profile)) out.push_back(std::move(*access));
  STEELIE_CHECK_OK(AppendNames(profile, subject_is_empty, out));
  STEELIE_CHECK_OK(AppendPolicies(profile, out));
  if (auto constraints = NameConstraints(profile)) out.push_back(std::move(*constraints));
  if (auto points = CrlDistributionPoints(profile)) out.push_back(std::move(*points));
  STEELIE_CHECK_OK(AppendExtra(profile, out));
  return out;
}

std::string CommonName(const CertificateProfile& profile) {
  if (!profile.subject.common_name.empty()) return profile.subject.common_name;
  if (profile.dns_names && profile.dns_names->size() == 1) return profile.dns_names->front();
  return "MarbleRun Generated Certificate";
}

}  // namespace

Result<Bytes> IssueSecretCertificate(const Authority& authority, const CertificateProfile& profile,
                                     const PublicKey& key, const SerialNumber& serial, std::uint64_t valid_for_days,
                                     Instant now) {
  constexpr std::uint64_t kDefaultDays = 365;
  constexpr std::uint64_t kMaxDays = 2'900'000;  // to the year 9999, the last that X.509 can express
  if (valid_for_days > kMaxDays) return Bad("ValidFor", "at most 2900000 days can be encoded");
  CertificateContent content;
  content.serial = serial;
  content.issuer = authority.issuer_name();
  STEELIE_TRY(content.subject, Subject(profile, CommonName(profile)));
  const CertificateTime second = std::chrono::floor<std::chrono::seconds>(now);
  content.not_before = second - kBackdating;
  const std::uint64_t days = valid_for_days == 0 ? kDefaultDays : valid_for_days;
  content.not_after = profile.not_after ? *profile.not_after : second + std::chrono::days(static_cast<int>(days));
  content.spki = key.spki();
  const bool subject_is_empty = content.subject.size() <= 2;
  STEELIE_TRY(content.extensions, Extensions(authority, profile, key, subject_is_empty));
  return SignCertificate(content, authority.intermediate_key(), profile.signature_digest_bits);
}

}  // namespace steelie::pki
