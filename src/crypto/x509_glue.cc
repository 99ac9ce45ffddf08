#include "crypto/x509_glue.h"

#include "crypto/openssl_util.h"

namespace steelie::openssl {

std::string StringOf(const ASN1_STRING* s) {
  std::uint8_t* utf8 = nullptr;
  const int n = ASN1_STRING_to_UTF8(&utf8, s);
  if (n < 0) {
    DrainErrors();
    return std::string(AsText({ASN1_STRING_get0_data(s), static_cast<std::size_t>(ASN1_STRING_length(s))}));
  }
  std::string out(AsText({utf8, static_cast<std::size_t>(n)}));
  OPENSSL_free(utf8);
  return out;
}

std::string CommonName(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  return at < 0 ? "" : StringOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

Bytes NameDer(const X509_NAME* name) {
  std::uint8_t* der = nullptr;
  const int n = i2d_X509_NAME(name, &der);
  if (n < 0) return {};
  Bytes out(der, der + n);
  OPENSSL_free(der);
  return out;
}

CertificateTime ToTime(const ASN1_TIME* t) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(t, &tm) != 1) {
    DrainErrors();
    return {};
  }
  const std::chrono::sys_days days = std::chrono::year(tm.tm_year + 1900) /
                                     std::chrono::month(static_cast<unsigned>(tm.tm_mon + 1)) /
                                     std::chrono::day(static_cast<unsigned>(tm.tm_mday));
  return CertificateTime(days) + std::chrono::hours(tm.tm_hour) + std::chrono::minutes(tm.tm_min) +
         std::chrono::seconds(tm.tm_sec);
}

}  // namespace steelie::openssl
