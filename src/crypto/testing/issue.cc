#include "crypto/testing/issue.h"

#include <cstdlib>

#include "crypto/der.h"

namespace steelie::testing {
namespace {

// RFC 4055 section 3.1: SHA-384, MGF1 with SHA-384, a salt of 48 bytes.
Bytes PssSha384() {
  const Bytes hash = der::Sequence({der::Oid("2.16.840.1.101.3.4.2.2"), der::Null()});
  const Bytes mask = der::Sequence({der::Oid("1.2.840.113549.1.1.8"), hash});
  return der::Sequence(
      {der::Oid("1.2.840.113549.1.1.10"),
       der::Sequence({der::Element(der::ContextConstructed(0), hash), der::Element(der::ContextConstructed(1), mask),
                      der::Element(der::ContextConstructed(2), der::Integer(48))})});
}

Bytes Algorithm(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.2")});
    case SignatureScheme::kEcdsaSha384:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.3")});
    case SignatureScheme::kRsaPssSha384:
      return PssSha384();
    default:
      std::abort();  // no vendor uses it
  }
}

Bytes Signed(const Bytes& content, const PrivateKey& issuer, SignatureScheme scheme) {
  return der::Sequence({content, Algorithm(scheme), der::BitString(*issuer.Sign(scheme, content))});
}

Bytes Joined(const std::vector<Bytes>& elements) {
  Bytes out;
  for (const Bytes& element : elements) out.insert(out.end(), element.begin(), element.end());
  return out;
}

}  // namespace

Bytes NameOf(const std::string& common_name) {
  const auto attribute = [](const char* oid, const std::string& text) {
    return der::Element(der::kSet, der::Sequence({der::Oid(oid), der::Element(der::kUtf8String, AsBytes(text))}));
  };
  return der::Sequence({attribute("2.5.4.10", "Test Vendor"), attribute("2.5.4.3", common_name)});
}

Bytes ExtensionOf(const std::string& oid, ByteView value, bool critical) {
  const Bytes flag = critical ? der::Boolean(true) : Bytes();
  return der::Sequence({der::Oid(oid), flag, der::OctetString(value)});
}

Bytes Issue(const CertificateSpec& spec, const PrivateKey& issuer, SignatureScheme scheme) {
  std::vector<Bytes> extensions;
  extensions.push_back(
      ExtensionOf("2.5.29.19", spec.ca ? der::Sequence({der::Boolean(true)}) : der::Sequence({}), true));
  // keyCertSign and cRLSign, or digitalSignature.
  extensions.push_back(ExtensionOf("2.5.29.15", der::NamedBits(spec.ca ? 0x60 : 0x01), true));
  extensions.insert(extensions.end(), spec.extensions.begin(), spec.extensions.end());
  const Bytes content = der::Sequence(
      {der::Element(der::ContextConstructed(0), der::Integer(2)), der::UnsignedInteger(spec.serial), Algorithm(scheme),
       NameOf(spec.issuer), der::Sequence({der::Time(spec.not_before), der::Time(spec.not_after)}),
       NameOf(spec.subject), spec.spki,
       der::Element(der::ContextConstructed(3), der::Element(der::kSequence, Joined(extensions)))});
  return Signed(content, issuer, scheme);
}

Bytes Issue(const CrlSpec& spec, const PrivateKey& issuer, SignatureScheme scheme) {
  std::vector<Bytes> entries;
  for (const Bytes& serial : spec.serials) {
    entries.push_back(der::Sequence({der::UnsignedInteger(serial), der::Time(spec.this_update)}));
  }
  const Bytes list = entries.empty() ? Bytes() : der::Element(der::kSequence, Joined(entries));
  const Bytes extensions =
      spec.extensions.empty()
          ? Bytes()
          : der::Element(der::ContextConstructed(0), der::Element(der::kSequence, Joined(spec.extensions)));
  const Bytes content = der::Sequence({der::Integer(1), Algorithm(scheme), NameOf(spec.issuer),
                                       der::Time(spec.this_update), der::Time(spec.next_update), list, extensions});
  return Signed(content, issuer, scheme);
}

}  // namespace steelie::testing
