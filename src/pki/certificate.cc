#include "pki/certificate.h"

#include "crypto/der.h"

namespace steelie::pki {
namespace {

SignatureScheme SchemeFor(const PrivateKey& key, int digest_bits) {
  if (digest_bits == 0) digest_bits = key.kind() == KeyKind::kEcP384 ? 384 : key.kind() == KeyKind::kEcP521 ? 512 : 256;
  return digest_bits == 256   ? SignatureScheme::kEcdsaSha256
         : digest_bits == 384 ? SignatureScheme::kEcdsaSha384
                              : SignatureScheme::kEcdsaSha512;
}

// RFC 5758 section 3.2.
Bytes AlgorithmIdentifier(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha384:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.3")});
    case SignatureScheme::kEcdsaSha512:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.4")});
    default:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.2")});
  }
}

Bytes EncodeExtensions(const std::vector<Extension>& extensions) {
  Bytes list;
  for (const Extension& e : extensions) {
    const Bytes critical = e.critical ? der::Boolean(true) : Bytes();
    const Bytes one = der::Sequence({der::Oid(e.oid), critical, der::OctetString(e.value)});
    list.insert(list.end(), one.begin(), one.end());
  }
  return der::Element(der::ContextConstructed(3), der::Element(der::kSequence, list));
}

// Content of the BIT STRING of a SubjectPublicKeyInfo that OpenSSL encoded: SEQUENCE { SEQUENCE {...}, BIT STRING }.
ByteView KeyBits(ByteView spki) {
  const auto header = [](ByteView in, std::size_t& size) {
    std::size_t at = 1;
    size = in[at++];
    if (size >= 0x80) {
      std::size_t count = size & 0x7fU;
      for (size = 0; count > 0; --count) size = size << 8U | in[at++];
    }
    return at;
  };
  std::size_t size = 0;
  spki = spki.subspan(header(spki, size));
  const std::size_t algorithm = header(spki, size);
  spki = spki.subspan(algorithm + size);
  spki = spki.subspan(header(spki, size));
  return spki.subspan(1);
}

}  // namespace

Result<Bytes> SignCertificate(const CertificateContent& content, const PrivateKey& issuer_key, int digest_bits) {
  const SignatureScheme scheme = SchemeFor(issuer_key, digest_bits);
  const Bytes algorithm = AlgorithmIdentifier(scheme);
  const Bytes tbs = der::Sequence(
      {der::Element(der::ContextConstructed(0), der::Integer(2)), der::UnsignedInteger(content.serial), algorithm,
       content.issuer, der::Sequence({der::Time(content.not_before), der::Time(content.not_after)}), content.subject,
       content.spki, content.extensions.empty() ? Bytes() : EncodeExtensions(content.extensions)});
  STEELIE_TRY(const Bytes signature, issuer_key.Sign(scheme, tbs));
  return der::Sequence({tbs, algorithm, der::BitString(signature)});
}

Bytes CommonNameOnly(std::string_view common_name) {
  const Bytes attribute = der::Sequence({der::Oid("2.5.4.3"), der::DirectoryString(common_name)});
  return der::Sequence({der::Element(der::kSet, attribute)});
}

Bytes KeyIdentifier(const PublicKey& key) {
  const Sha256Digest digest = Sha256(KeyBits(key.spki()));
  return Bytes(digest.begin(), digest.begin() + 20);
}

Extension KeyUsage(std::uint32_t bits) { return {"2.5.29.15", true, der::NamedBits(bits)}; }

Extension ServerAndClientAuth() {
  return {"2.5.29.37", false, der::Sequence({der::Oid("1.3.6.1.5.5.7.3.1"), der::Oid("1.3.6.1.5.5.7.3.2")})};
}

Extension BasicConstraints(bool ca, std::optional<int> max_path_len) {
  const Bytes flag = ca ? der::Boolean(true) : Bytes();
  const Bytes length = max_path_len ? der::Integer(static_cast<std::uint64_t>(*max_path_len)) : Bytes();
  return {"2.5.29.19", true, der::Sequence({flag, length})};
}

Extension SubjectKeyIdentifier(ByteView id) { return {"2.5.29.14", false, der::OctetString(id)}; }

Extension AuthorityKeyIdentifier(ByteView id) {
  return {"2.5.29.35", false, der::Sequence({der::Element(der::ContextPrimitive(0), id)})};
}

Extension SubjectAlternativeName(const std::vector<std::string>& dns_names, const std::vector<Bytes>& ip_addresses,
                                 const std::vector<std::string>& emails, const std::vector<std::string>& uris,
                                 bool subject_is_empty) {
  Bytes names;
  const auto append = [&](unsigned tag, ByteView value) {
    const Bytes element = der::Element(der::ContextPrimitive(tag), value);
    names.insert(names.end(), element.begin(), element.end());
  };
  for (const std::string& dns : dns_names) append(2, AsBytes(dns));
  for (const std::string& email : emails) append(1, AsBytes(email));
  for (const Bytes& ip : ip_addresses) append(7, ip);
  for (const std::string& uri : uris) append(6, AsBytes(uri));
  return {"2.5.29.17", subject_is_empty, der::Element(der::kSequence, names)};
}

}  // namespace steelie::pki
