#include "crypto/x509.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "crypto/der.h"
#include "crypto/openssl_util.h"
#include "crypto/pem.h"
#include "crypto/plain_request.h"
#include "crypto/x509_glue.h"

namespace steelie {
namespace {

using openssl::CommonName;
using openssl::NameDer;
using openssl::StringOf;
using openssl::ToTime;

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, openssl::Deleter<GENERAL_NAMES_free>>;

constexpr std::size_t kMaxCertificate = std::size_t{1} << 20U;
constexpr std::size_t kMaxRequest = std::size_t{64} << 10U;

std::string OidText(const ASN1_OBJECT* object) {
  std::array<char, 256> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

std::vector<NameAttribute> Attributes(const X509_NAME* name) {
  std::vector<NameAttribute> out;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    out.push_back({OidText(X509_NAME_ENTRY_get_object(entry)), StringOf(X509_NAME_ENTRY_get_data(entry))});
  }
  return out;
}

void CollectNames(const GENERAL_NAMES* names, std::vector<std::string>* dns, std::vector<Bytes>* ips) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(name, &type);
    const auto* text = static_cast<const ASN1_STRING*>(value);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const ByteView bytes(ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (type == GEN_DNS && dns != nullptr) dns->emplace_back(AsText(bytes));
    if (type == GEN_IPADD && ips != nullptr) ips->push_back(ToBytes(bytes));
  }
}

GeneralNamesPtr AlternativeNames(const X509* cert) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) openssl::DrainErrors();
  return GeneralNamesPtr(names);
}

SignatureScheme SchemeFor(const PublicKey& key) {
  switch (key.kind()) {
    case KeyKind::kEcP384:
      return SignatureScheme::kEcdsaSha384;
    case KeyKind::kEcP521:
      return SignatureScheme::kEcdsaSha512;
    case KeyKind::kEd25519:
      return SignatureScheme::kEd25519;
    case KeyKind::kRsa:
      return SignatureScheme::kRsaPkcs1Sha256;
    default:
      return SignatureScheme::kEcdsaSha256;
  }
}

Bytes AlgorithmIdentifier(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.2")});
    case SignatureScheme::kEcdsaSha384:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.3")});
    case SignatureScheme::kEcdsaSha512:
      return der::Sequence({der::Oid("1.2.840.10045.4.3.4")});
    case SignatureScheme::kEd25519:
      return der::Sequence({der::Oid("1.3.101.112")});
    default:
      return der::Sequence({der::Oid("1.2.840.113549.1.1.11"), der::Null()});
  }
}

CertificateRequest Contents(const X509_NAME* subject, const STACK_OF(X509_EXTENSION) * extensions) {
  CertificateRequest out;
  out.subject = Attributes(subject);
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
  if (names != nullptr) CollectNames(names.get(), &out.dns_names, &out.ip_addresses);
  return out;
}

// OpenSSL's value of an element that nothing follows; null if it is malformed.
template <auto Decode, typename T>
bool DecodeAll(ByteView der, T& out) {
  const std::uint8_t* at = der.data();
  out.reset(Decode(nullptr, &at, static_cast<long>(der.size())));
  return out != nullptr && at == der.data() + der.size();
}

// Requests of the usual form without OpenSSL's own parser, whose decoding of the key takes longer than verifying the
// signature. Nothing for every other request and every failure: then OpenSSL says what it is.
std::optional<CertificateRequest> ParsePlain(ByteView der) {
  using NamePtr = std::unique_ptr<X509_NAME, openssl::Deleter<X509_NAME_free>>;
  constexpr auto kFreeAll = [](X509_EXTENSIONS* all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); };
  using ExtensionsPtr = std::unique_ptr<X509_EXTENSIONS, openssl::Deleter<kFreeAll>>;
  const auto plain = SplitPlainRequest(der);
  if (!plain) return std::nullopt;
  const auto key = PublicKey::FromEcPoint(plain->key.kind, plain->key.xy);
  NamePtr subject;
  ExtensionsPtr extensions;
  if (!key || !DecodeAll<d2i_X509_NAME>(plain->subject, subject) ||
      (plain->extensions && !DecodeAll<d2i_X509_EXTENSIONS>(*plain->extensions, extensions)) ||
      !key->Verify(plain->scheme, plain->info, plain->signature)) {
    openssl::DrainErrors();
    return std::nullopt;
  }
  CertificateRequest out = Contents(subject.get(), extensions.get());
  openssl::DrainErrors();
  const auto fits = [](const Bytes& ip) { return ip.size() == 4 || ip.size() == 16; };
  if (!std::ranges::all_of(out.ip_addresses, fits)) return std::nullopt;
  return out;
}

}  // namespace

Result<Certificate> Certificate::FromDer(ByteView der) {
  if (der.size() > kMaxCertificate) {
    return Error(Code::kInvalidArgument, "crypto.x509.parse", "certificate is larger than 1 MiB");
  }
  const std::uint8_t* at = der.data();
  X509* raw = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  Certificate out;
  out.cert_ = std::shared_ptr<X509>(raw, X509_free);
  if (raw == nullptr || at != der.data() + der.size()) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.x509.parse", "not a DER X.509 certificate");
  }
  out.der_ = std::make_shared<const Bytes>(ToBytes(der));
  return out;
}

Result<Certificate> Certificate::FromNative(x509_st* certificate) {
  std::uint8_t* der = nullptr;
  const int n = i2d_X509(certificate, &der);
  const std::unique_ptr<std::uint8_t, void (*)(std::uint8_t*)> owned(der, [](std::uint8_t* p) { OPENSSL_free(p); });
  if (n <= 0 || static_cast<std::size_t>(n) > kMaxCertificate) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.x509.parse", "certificate is larger than 1 MiB");
  }
  X509_up_ref(certificate);
  Certificate out;
  out.cert_ = std::shared_ptr<X509>(certificate, X509_free);
  out.der_ = std::make_shared<const Bytes>(der, der + n);
  return out;
}

Result<Certificate> Certificate::FromPem(std::string_view text) {
  const std::vector<PemBlock> blocks = PemDecode(text);
  if (blocks.empty()) return Error(Code::kInvalidArgument, "crypto.x509.pem", "no PEM block found");
  return FromDer(blocks.front().bytes);
}

std::string Certificate::ToPem() const { return PemEncode("CERTIFICATE", *der_); }

std::vector<NameAttribute> Certificate::Subject() const { return Attributes(X509_get_subject_name(cert_.get())); }
std::string Certificate::SubjectCommonName() const { return CommonName(X509_get_subject_name(cert_.get())); }
std::string Certificate::IssuerCommonName() const { return CommonName(X509_get_issuer_name(cert_.get())); }
Bytes Certificate::SubjectDer() const { return NameDer(X509_get_subject_name(cert_.get())); }
Bytes Certificate::IssuerDer() const { return NameDer(X509_get_issuer_name(cert_.get())); }

Result<PublicKey> Certificate::SubjectPublicKey() const {
  EVP_PKEY* key = X509_get0_pubkey(cert_.get());
  if (key == nullptr) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.x509.key", "unsupported public key in a certificate");
  }
  return PublicKey::FromNative(key);
}

CertificateTime Certificate::NotBefore() const { return ToTime(X509_get0_notBefore(cert_.get())); }
CertificateTime Certificate::NotAfter() const { return ToTime(X509_get0_notAfter(cert_.get())); }

std::vector<std::string> Certificate::DnsNames() const {
  std::vector<std::string> out;
  if (const GeneralNamesPtr names = AlternativeNames(cert_.get())) CollectNames(names.get(), &out, nullptr);
  return out;
}

std::vector<Bytes> Certificate::IpAddresses() const {
  std::vector<Bytes> out;
  if (const GeneralNamesPtr names = AlternativeNames(cert_.get())) CollectNames(names.get(), nullptr, &out);
  return out;
}

Bytes Certificate::Serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(cert_.get());
  return Bytes(ASN1_STRING_get0_data(serial), ASN1_STRING_get0_data(serial) + ASN1_STRING_length(serial));
}

std::optional<Bytes> Certificate::SubjectKeyId() const {
  const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(cert_.get());
  if (id == nullptr) return std::nullopt;
  return Bytes(ASN1_STRING_get0_data(id), ASN1_STRING_get0_data(id) + ASN1_STRING_length(id));
}

std::optional<Bytes> Certificate::Extension(const std::string& oid) const {
  using ObjectPtr = std::unique_ptr<ASN1_OBJECT, openssl::Deleter<ASN1_OBJECT_free>>;
  const ObjectPtr object(OBJ_txt2obj(oid.c_str(), 1));
  if (object == nullptr) return std::nullopt;
  const int at = X509_get_ext_by_OBJ(cert_.get(), object.get(), -1);
  if (at < 0 || X509_get_ext_by_OBJ(cert_.get(), object.get(), at) >= 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(cert_.get(), at));
  return Bytes(ASN1_STRING_get0_data(value), ASN1_STRING_get0_data(value) + ASN1_STRING_length(value));
}

bool Certificate::IsCa() const { return (X509_get_extension_flags(cert_.get()) & EXFLAG_CA) != 0; }

bool Certificate::SignedBy(const PublicKey& issuer) const {
  const bool ok = X509_verify(cert_.get(), issuer.native()) == 1;
  if (!ok) openssl::DrainErrors();
  return ok;
}

Result<CertificateRequest> CertificateRequest::ParseAndVerify(ByteView der) {
  if (der.size() > kMaxRequest) {
    return Error(Code::kInvalidArgument, "crypto.csr.size",
                 "certificate request has " + std::to_string(der.size()) + " bytes, at most 65536 are accepted");
  }
  if (auto plain = ParsePlain(der)) return std::move(*plain);
  const std::uint8_t* at = der.data();
  const openssl::X509ReqPtr req(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (req == nullptr || at != der.data() + der.size()) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.csr.parse", "not a DER PKCS#10 certificate request");
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(req.get());
  if (key == nullptr) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.csr.parse", "unsupported key in a certificate request");
  }
  // A huge RSA key would make the verification itself the attack.
  if (EVP_PKEY_get_bits(key) > 16384) {
    return Error(Code::kInvalidArgument, "crypto.csr.size",
                 "the key of the certificate request is larger than 16384 bits");
  }
  if (X509_REQ_verify(req.get(), key) != 1) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.csr.signature",
                               "the signature of the certificate request does not verify");
  }
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(req.get());
  CertificateRequest out = Contents(X509_REQ_get_subject_name(req.get()), extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  openssl::DrainErrors();
  for (const Bytes& ip : out.ip_addresses) {
    if (ip.size() != 4 && ip.size() != 16) {
      return Error(Code::kInvalidArgument, "crypto.csr.parse",
                   "the certificate request has an IP address of odd length");
    }
  }
  return out;
}

Result<Bytes> CertificateRequest::Create(const PrivateKey& key, const std::vector<std::string>& dns_names,
                                         const std::vector<Bytes>& ip_addresses) {
  Bytes names;
  const auto append = [&](const Bytes& element) { names.insert(names.end(), element.begin(), element.end()); };
  for (const std::string& dns : dns_names) append(der::Element(der::ContextPrimitive(2), AsBytes(dns)));
  for (const Bytes& ip : ip_addresses) append(der::Element(der::ContextPrimitive(7), ip));
  Bytes attributes;
  if (!names.empty()) {
    const Bytes san = der::Sequence({der::Oid("2.5.29.17"), der::OctetString(der::Element(der::kSequence, names))});
    attributes =
        der::Sequence({der::Oid("1.2.840.113549.1.9.14"), der::Element(der::kSet, der::Element(der::kSequence, san))});
  }
  const Bytes info = der::Sequence({der::Integer(0), der::Sequence({}), key.public_key().spki(),
                                    der::Element(der::ContextConstructed(0), attributes)});
  const SignatureScheme scheme = SchemeFor(key.public_key());
  STEELIE_TRY(const Bytes signature, key.Sign(scheme, info));
  return der::Sequence({info, AlgorithmIdentifier(scheme), der::BitString(signature)});
}

std::string FormatIp(ByteView address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  if (address.size() != 4 && address.size() != 16) return "";
  return ::inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::optional<Bytes> ParseIp(const std::string& text) {
  std::array<std::uint8_t, 16> raw{};
  if (::inet_pton(AF_INET, text.c_str(), raw.data()) == 1) return Bytes(raw.begin(), raw.begin() + 4);
  if (::inet_pton(AF_INET6, text.c_str(), raw.data()) == 1) return Bytes(raw.begin(), raw.end());
  return std::nullopt;
}

}  // namespace steelie
