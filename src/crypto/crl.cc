#include "crypto/crl.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include "crypto/openssl_util.h"
#include "crypto/x509_glue.h"

namespace steelie {
namespace {

Error Malformed(const std::string& why) {
  return Error(Code::kInvalidArgument, "crypto.crl.parse", "malformed certificate revocation list: " + why);
}

// Critical extensions change what a list means. Those of a whole, direct list do not; an authority key identifier and
// a number may be marked critical all the same.
Status CheckExtensions(const X509_CRL* list) {
  if (X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0) return Malformed("it is a delta list");
  for (int at = X509_CRL_get_ext_by_critical(list, 1, -1); at >= 0; at = X509_CRL_get_ext_by_critical(list, 1, at)) {
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(list, at)));
    if (nid != NID_authority_key_identifier && nid != NID_crl_number) {
      return Malformed("it has a critical extension that is not understood");
    }
  }
  return Ok();
}

// The first look-up sorts the entries. Done here, where nobody else has the list, so that later ones only read. Not by
// X509_CRL_sort: that counts as a change, and the signature is then checked over a new encoding.
void SortEntries(X509_CRL* list) {
  using IntegerPtr = std::unique_ptr<ASN1_INTEGER, openssl::Deleter<ASN1_INTEGER_free>>;
  const IntegerPtr any(ASN1_INTEGER_new());
  openssl::CheckOk(any != nullptr ? 1 : 0, "ASN1_INTEGER_new");
  X509_REVOKED* entry = nullptr;
  (void)X509_CRL_get0_by_serial(list, &entry, any.get());
}

}  // namespace

Result<RevocationList> RevocationList::FromDer(ByteView der) {
  if (der.size() > kMaxSize) {
    return Error(Code::kInvalidArgument, "crypto.crl.size", "certificate revocation list is larger than 4 MiB");
  }
  const std::uint8_t* at = der.data();
  X509_CRL* raw = d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()));
  RevocationList out;
  out.list_ = std::shared_ptr<X509_CRL>(raw, X509_CRL_free);
  if (raw == nullptr || at != der.data() + der.size()) {
    return openssl::QueueError(Code::kInvalidArgument, "crypto.crl.parse", "not a DER certificate revocation list");
  }
  STEELIE_CHECK_OK(CheckExtensions(raw));
  SortEntries(raw);
  out.der_ = std::make_shared<const Bytes>(ToBytes(der));
  return out;
}

Bytes RevocationList::IssuerDer() const { return openssl::NameDer(X509_CRL_get_issuer(list_.get())); }
std::string RevocationList::IssuerCommonName() const { return openssl::CommonName(X509_CRL_get_issuer(list_.get())); }

CertificateTime RevocationList::ThisUpdate() const { return openssl::ToTime(X509_CRL_get0_lastUpdate(list_.get())); }

std::optional<CertificateTime> RevocationList::NextUpdate() const {
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list_.get());
  if (next == nullptr) return std::nullopt;
  return openssl::ToTime(next);
}

std::size_t RevocationList::size() const {
  const int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list_.get()));
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

bool RevocationList::Revokes(const Certificate& certificate) const {
  X509_REVOKED* entry = nullptr;
  return X509_CRL_get0_by_serial(list_.get(), &entry, X509_get0_serialNumber(certificate.native())) == 1;
}

bool RevocationList::SignedBy(const PublicKey& issuer) const {
  const bool ok = X509_CRL_verify(list_.get(), issuer.native()) == 1;
  if (!ok) openssl::DrainErrors();
  return ok;
}

}  // namespace steelie
