#include "pki/authority.h"

#include <algorithm>

#include "crypto/der.h"

namespace steelie::pki {
namespace {

struct Issuer {
  Bytes name;
  const PrivateKey& key;
  bool self;  // self-signed certificates carry no authority key identifier
};

Result<Certificate> IssueCa(const AuthorityNames& names, std::string_view common_name, const PublicKey& subject,
                            const SerialNumber& serial, const Issuer& issuer, Instant now) {
  CertificateContent content;
  content.serial = serial;
  content.issuer = issuer.name;
  content.subject = CommonNameOnly(common_name);
  content.not_before = std::chrono::floor<std::chrono::seconds>(now) - kBackdating;
  content.not_after = content.not_before + kLongLifetime;
  content.spki = subject.spki();
  content.extensions = {KeyUsage(kDigitalSignature | kKeyCertSign), ServerAndClientAuth(), BasicConstraints(true),
                        SubjectKeyIdentifier(KeyIdentifier(subject))};
  if (!issuer.self) {
    content.extensions.push_back(AuthorityKeyIdentifier(KeyIdentifier(issuer.key.public_key())));
  }
  content.extensions.push_back(SubjectAlternativeName(names.dns_names, names.ip_addresses, {}, {}, false));
  if (names.simulation) content.extensions.push_back({kSimulationOid, false, der::Boolean(true)});
  STEELIE_TRY(const Bytes der, SignCertificate(content, issuer.key));
  return Certificate::FromDer(der);
}

}  // namespace

AuthorityNames AuthorityNames::FromList(std::string_view list) {
  AuthorityNames names;
  names.ip_addresses = {Bytes{127, 0, 0, 1}, *ParseIp("::1")};
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string element(list.substr(0, comma));
    if (const auto ip = ParseIp(element)) {
      if (std::ranges::find(names.ip_addresses, *ip) == names.ip_addresses.end()) names.ip_addresses.push_back(*ip);
    } else if (!element.empty()) {
      names.dns_names.push_back(element);
    }
    if (comma == std::string_view::npos) return names;
    list.remove_prefix(comma + 1);
  }
}

Authority::Authority(Certificate root, PrivateKey root_key, Certificate intermediate, Certificate marble_root,
                     PrivateKey intermediate_key)
    : root_(std::move(root)),
      root_key_(std::move(root_key)),
      intermediate_(std::move(intermediate)),
      marble_root_(std::move(marble_root)),
      intermediate_key_(std::move(intermediate_key)),
      root_pem_(std::make_shared<const std::string>(root_.ToPem())),
      intermediate_pem_(std::make_shared<const std::string>(intermediate_.ToPem())),
      marble_root_pem_(std::make_shared<const std::string>(marble_root_.ToPem())),
      issuer_name_(std::make_shared<const Bytes>(marble_root_.SubjectDer())),
      issuer_key_id_(std::make_shared<const Bytes>(KeyIdentifier(intermediate_key_.public_key()))) {}

Result<Authority> Authority::Create(const AuthorityNames& names, const RootInput& root,
                                    const IntermediateInput& intermediate, Instant now) {
  const Issuer self{CommonNameOnly(kRootName), root.key, true};
  STEELIE_TRY(Certificate root_cert, IssueCa(names, kRootName, root.key.public_key(), root.serial, self, now));
  const Issuer by_root{CommonNameOnly(kRootName), root.key, false};
  STEELIE_TRY(Certificate intermediate_cert, IssueCa(names, kIntermediateName, intermediate.key.public_key(),
                                                     intermediate.intermediate_serial, by_root, now));
  const Issuer by_itself{CommonNameOnly(kIntermediateName), intermediate.key, true};
  STEELIE_TRY(Certificate marble_root, IssueCa(names, kIntermediateName, intermediate.key.public_key(),
                                               intermediate.marble_root_serial, by_itself, now));
  return Authority(std::move(root_cert), root.key, std::move(intermediate_cert), std::move(marble_root),
                   intermediate.key);
}

Result<Authority> Authority::Restore(ByteView root_cert, PrivateKey root_key, ByteView intermediate_cert,
                                     ByteView marble_root_cert, PrivateKey intermediate_key) {
  STEELIE_TRY(Certificate root, Certificate::FromDer(root_cert));
  STEELIE_TRY(Certificate intermediate, Certificate::FromDer(intermediate_cert));
  STEELIE_TRY(Certificate marble_root, Certificate::FromDer(marble_root_cert));
  return Authority(std::move(root), std::move(root_key), std::move(intermediate), std::move(marble_root),
                   std::move(intermediate_key));
}

Result<Authority> Authority::Rotate(const IntermediateInput& intermediate, Instant now) const {
  const AuthorityNames names{root_.DnsNames(), root_.IpAddresses(), root_.Extension(kSimulationOid).has_value()};
  const Issuer by_root{root_.SubjectDer(), root_key_, false};
  STEELIE_TRY(Certificate intermediate_cert, IssueCa(names, kIntermediateName, intermediate.key.public_key(),
                                                     intermediate.intermediate_serial, by_root, now));
  const Issuer by_itself{CommonNameOnly(kIntermediateName), intermediate.key, true};
  STEELIE_TRY(Certificate marble_root, IssueCa(names, kIntermediateName, intermediate.key.public_key(),
                                               intermediate.marble_root_serial, by_itself, now));
  return Authority(root_, root_key_, std::move(intermediate_cert), std::move(marble_root), intermediate.key);
}

}  // namespace steelie::pki
